"""The HTTP edge over the real house: the printed endpoints to the letter, one error form, guards. req: A5, A6, E1"""

import io
import json
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from jsonschema import Draft202012Validator
from PIL import Image
from stand_in import says, stand_in

from tujian.api import create_app
from tujian.clocks import Clock
from tujian.house import House
from tujian.settings import read_settings


def png(size=(320, 240), colour="red") -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, colour).save(file, "PNG")
    return file.getvalue()


@pytest.fixture(scope="module")
def client(house):
    return TestClient(create_app(house), base_url="http://localhost:7860")


@pytest.fixture
def guarded(house, tmp_path):
    settings = read_settings(home=tmp_path, host="0.0.0.0", token="open-sesame", allowed_hosts="shop.example")
    house_with_token = House(settings)
    house_with_token._perception = house.perception
    yield TestClient(create_app(house_with_token), base_url="http://shop.example")
    house_with_token.close()


def test_recognize_answers_as_printed(client):
    answer = client.post("/recognize", files={"image": ("a.png", png())})
    assert answer.status_code == 200
    body = answer.json()
    assert body["success"] is True
    assert set(body["data"]) == {"description", "image_size", "file_id"}
    assert body["data"]["image_size"] == [320, 240] and len(body["data"]["file_id"]) == 36
    assert body["record"]["picture"]["path"] == "a.png"


def test_recognize_takes_a_prompt_and_is_honest_without_an_engine(client):
    body = client.post("/recognize", files={"image": png()}, data={"prompt": "请识别这是什么商品,是否适合送礼?"}).json()
    assert "没有连接视觉语言模型" in body["data"]["description"]


@pytest.mark.parametrize(
    "files, status, word",
    [
        ({"image": ("a.jpg", b"hello, I am text")}, 400, "不是图片"),
        ({}, 400, "image"),
        ({"image": ("e.png", b"")}, 400, ""),
    ],
)
def test_recognize_fails_as_printed(client, files, status, word):
    answer = client.post("/recognize", files=files or {"other": b"x"})
    assert answer.status_code == status
    assert answer.json()["success"] is False and word in answer.json()["error"]


def test_an_engine_that_was_asked_for_and_is_absent_is_503(client):
    answer = client.post("/recognize", files={"image": png()}, data={"engine": "required"})
    assert answer.status_code == 503 and answer.json()["success"] is False


def test_classify_is_always_of_the_printed_shape(client):
    body = client.post("/classify", files={"file": png()}).json()
    assert isinstance(body["category"], str) and isinstance(body["description"], str)
    assert isinstance(body["objects"], list) and body["emotion"] == "未知"


def test_a_record_is_valid_by_the_published_schema(client):
    schema = client.get("/v1/schema").json()
    Draft202012Validator.check_schema(schema)
    record = client.post("/v1/records", files={"image": png()}, data={"task": "product", "lang": "en"}).json()
    assert not list(Draft202012Validator(schema).iter_errors(record))
    assert record["task"] == "product" and record["labels"]["brand"] == "Brand"


def test_several_pictures_at_once_are_answered_one_by_one(client):
    files = [("image", ("a.png", png())), ("image", ("b.txt", b"no picture")), ("image", ("c.png", png(colour="blue")))]
    records = client.post("/v1/records", files=files).json()["records"]
    assert [("error" in record) for record in records] == [False, True, False]
    assert records[1]["picture"]["path"] == "b.txt"


def test_more_pictures_than_allowed_are_refused_and_not_dropped(client):
    files = [("image", (f"{n}.png", png())) for n in range(9)]
    answer = client.post("/v1/records", files=files)
    assert answer.status_code == 400 and "9" in answer.json()["error"]["message"]


def test_a_long_data_uri_is_told_to_come_as_a_file(client):
    answer = client.post("/v1/records", data={"url": "data:image/png;base64," + "A" * 1_200_000}, files={"x": b"x"})
    assert answer.status_code == 413 and "image" in answer.json()["error"]["remedy"]


@pytest.mark.parametrize("headers", [{"host": "["}, {"host": "[::1"}, {"origin": "http://["}, {"host": "a" * 5000}])
def test_odd_headers_are_refused_in_the_one_form(client, headers):
    answer = client.post("/v1/records", files={"image": png()}, headers=headers)
    assert answer.status_code == 403 and answer.json()["error"]["remedy"]


@pytest.mark.parametrize("path", ["/", "/healthz", "/v1/tasks"])
def test_head_is_answered_where_get_is(client, path):
    assert client.head(path).status_code == 200


def test_a_wrong_method_says_which_are_right(client):
    answer = client.get("/recognize")
    assert answer.status_code == 405 and "POST" in answer.headers["allow"]


def test_a_fault_inside_answers_in_the_one_form(house, monkeypatch):
    monkeypatch.setattr(House, "record", lambda *_, **__: 1 / 0)
    client = TestClient(create_app(house), base_url="http://localhost", raise_server_exceptions=False)
    assert client.post("/v1/records", files={"image": png()}).json()["error"]["type"] == "BrokenInstall"
    printed = client.post("/recognize", files={"image": png()})
    assert printed.status_code == 500 and printed.json()["success"] is False


def test_errors_have_type_message_and_remedy_in_the_language_asked_for(client):
    for lang, word in (("zh", "任务"), ("en", "task")):
        answer = client.post("/v1/records", files={"image": png()}, data={"task": "nope", "lang": lang})
        assert answer.status_code == 400
        error = answer.json()["error"]
        assert error["type"] == "BadTask" and word in error["message"] and "product" in error["remedy"]


@pytest.mark.parametrize("url", ["", "/etc/passwd", "file:///etc/passwd", "C:\\pictures\\a.jpg"])
def test_paths_of_the_server_are_no_addresses(client, url):
    answer = client.post("/v1/records", data={"url": url})
    assert answer.status_code == 400 and "root:" not in answer.text


def test_paths_below_an_allowed_root_are_taken_and_no_others(house, tmp_path):
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "a.png").write_bytes(png())
    (tmp_path / "secret.png").write_bytes(png())
    (tmp_path / "pictures" / "way-out.png").symlink_to(tmp_path / "secret.png")
    rooted = House(read_settings(home=tmp_path, pictures_root=tmp_path / "pictures"))
    rooted._perception = house.perception
    client = TestClient(create_app(rooted), base_url="http://localhost")
    status = {
        url: client.post("/v1/records", data={"url": url}).status_code
        for url in ("a.png", "../secret.png", str(tmp_path / "secret.png"), "way-out.png", "gone.png")
    }
    rooted.close()
    assert list(status.values()) == [200, 400, 400, 400, 400]


@pytest.mark.parametrize("url", ["http://127.0.0.1:80/", "http://[::1]/", "http://169.254.169.254/latest/meta-data"])
def test_private_addresses_are_not_fetched(client, url):
    answer = client.post("/v1/records", data={"url": url})
    assert answer.status_code == 400 and answer.json()["error"]["type"] == "FetchRefused"


def test_a_data_uri_is_a_picture(client):
    import base64

    uri = "data:image/png;base64," + base64.b64encode(png()).decode()
    assert client.post("/v1/records", data={"url": uri}).json()["picture"]["size_px"] == [320, 240]


def test_the_second_answer_comes_from_the_store(client):
    first = client.post("/v1/records", files={"image": png(colour="teal")}).json()
    again = client.post("/v1/records", files={"image": ("other name.png", png(colour="teal"))}).json()
    assert "stored" in again["timings_ms"] and again["picture"]["path"] == "other name.png"
    assert again["fields"] == first["fields"] and again["recipe"] == first["recipe"]


def test_tasks_health_and_numbers(client):
    assert {task["name"] for task in client.get("/v1/tasks").json()["tasks"]} >= {"product", "album"}
    assert client.get("/healthz").text == "ok" and client.get("/readyz").json() == {"ready": True}
    numbers = client.get("/metrics").text
    assert "tujian_pictures_total" in numbers and "tujian_step_seconds" in numbers


def test_readiness_waits_for_the_models(tmp_path):
    cold = House(read_settings(home=tmp_path))
    assert TestClient(create_app(cold), base_url="http://localhost").get("/readyz").status_code == 503
    cold.close()


def test_the_openapi_document_has_every_endpoint(client):
    paths = client.get("/openapi.json").json()["paths"]
    wanted = {"/recognize", "/classify", "/v1/records", "/v1/tasks", "/v1/schema", "/healthz", "/readyz", "/metrics"}
    assert wanted <= set(paths)


def test_an_unknown_path_answers_in_the_one_form(client):
    answer = client.get("/v1/nothing")
    assert answer.status_code == 404 and set(answer.json()["error"]) == {"type", "message", "remedy"}


# guards


@pytest.mark.parametrize("host", ["localhost:7860", "127.0.0.1:7860", "192.168.1.4", "[::1]:7860"])
def test_addresses_and_localhost_are_answered(client, host):
    assert client.get("/healthz", headers={"host": host}).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:7860"])
def test_other_host_names_are_not(client, host):
    assert client.get("/healthz", headers={"host": host}).status_code == 403


@pytest.mark.parametrize(
    "headers", [{"sec-fetch-site": "cross-site"}, {"origin": "http://evil.example"}, {"origin": "null"}]
)
def test_changes_from_another_site_are_refused(client, headers):
    answer = client.post("/v1/records", files={"image": png()}, headers=headers)
    assert answer.status_code == 403 and answer.json()["error"]["type"] == "NotAllowed"


def test_changes_from_the_page_itself_are_taken(client):
    own = {"sec-fetch-site": "same-origin", "origin": "http://localhost:7860"}
    assert client.post("/v1/records", files={"image": png()}, headers=own).status_code == 200


def test_too_large_an_upload_is_413_whatever_its_length_says(house, tmp_path):
    small = House(read_settings(home=tmp_path, max_upload_mb=0.2))
    small._perception = house.perception
    client = TestClient(create_app(small), base_url="http://localhost")
    one_too_large = client.post("/v1/records", files={"image": b"\x89PNG\r\n\x1a\n" + bytes(300_000)})
    assert one_too_large.status_code == 413

    def endless():
        yield b'--x\r\ncontent-disposition: form-data; name="image"; filename="a"\r\n\r\n'
        for _ in range(100):
            yield bytes(100_000)

    headers = {"content-type": "multipart/form-data; boundary=x"}
    assert client.post("/v1/records", content=endless(), headers=headers).status_code == 413
    small.close()


def test_a_token_is_needed_when_one_is_set(guarded):
    assert guarded.get("/v1/tasks").status_code == 403
    assert guarded.get("/v1/tasks", headers={"authorization": "Bearer open-sesame"}).status_code == 200
    assert guarded.get("/v1/tasks", headers={"authorization": "Bearer wrong"}).status_code == 403
    assert guarded.get("/healthz").status_code == 200


def test_a_person_logs_in_with_the_token(guarded):
    page = guarded.get("/", follow_redirects=True)
    assert page.url.path == "/login" and 'name="form_token"' in page.text
    assert guarded.post("/login", data={"token": "wrong", "form_token": "é"}).status_code == 403
    form_token = page.text.split('name="form_token" type="hidden" value="')[1].split('"')[0]
    assert guarded.post("/login", data={"token": "wrong", "form_token": form_token}).status_code == 403
    assert guarded.post("/login", data={"token": "open-sesame", "form_token": "forged"}).status_code == 403
    entered = guarded.post("/login", data={"token": "open-sesame", "form_token": form_token}, follow_redirects=False)
    assert entered.status_code == 303 and "HttpOnly" in str(entered.headers.get_list("set-cookie"))
    assert guarded.get("/v1/tasks").status_code == 200


def test_a_busy_server_says_when_to_come_back(house, tmp_path):
    full = House(read_settings(home=tmp_path, concurrency=1, queue=0))
    full._perception = house.perception
    client = TestClient(create_app(full), base_url="http://localhost")
    with full._lanes.turn("normal", Clock.of(5)):
        answer = client.post("/v1/records", files={"image": png()})
    assert answer.status_code == 429 and int(answer.headers["retry-after"]) > 0
    assert client.post("/v1/records", files={"image": png()}).status_code == 200


# with an engine, end to end


def test_an_openai_compatible_server_makes_the_record_richer(house, tmp_path):
    said = {"category": "果汁", "summary": "一盒果汁。", "colours": ["红色"], "use": "早餐"}
    with stand_in(says(json.dumps(said, ensure_ascii=False))) as server:
        attached = House(read_settings(home=tmp_path, engine_url=server.url))
        attached._perception = house.perception
        client = TestClient(create_app(attached), base_url="http://localhost")
        record = client.post("/v1/records", files={"image": png()}, data={"task": "describe"}).json()
        free = client.post("/recognize", files={"image": png()}, data={"prompt": "这是什么？"}).json()
        page = client.get("/").text
        attached.close()
    assert record["engine"]["model"] == "stand-in-vl" and record["engine"]["remote"] is False
    assert record["fields"]["use"]["value"] == "早餐" and record["description"] == "一盒果汁。"
    assert record["fields"]["colours"]["verdict"] == "confirmed"
    assert "果汁" in free["data"]["description"]
    assert 'class="leaves"' not in page  # it runs on this machine


def test_a_question_to_a_dead_engine_is_an_error_and_no_other_answer(house, tmp_path):
    attached = House(read_settings(home=tmp_path, engine_url="http://127.0.0.1:9/v1", engine_model="m"))
    attached._perception = house.perception
    client = TestClient(create_app(attached), base_url="http://localhost")
    asked = client.post("/recognize", files={"image": png()}, data={"prompt": "适合送礼吗？"})
    record = client.post("/v1/records", files={"image": png()}, data={"question": "适合送礼吗？"}).json()
    required = client.post("/v1/records", files={"image": png()}, data={"engine": "required"})
    attached.close()
    assert asked.status_code == 502 and asked.json()["success"] is False
    assert "模型没有回答" in record["answer"] and record["engine"] is None
    assert required.status_code == 502 and required.json()["error"]["type"] == "EngineDown"


def test_the_page_marks_an_engine_that_is_elsewhere(house, tmp_path):
    attached = House(read_settings(home=tmp_path, engine_url="https://vl.shop.example/v1", engine_model="m"))
    page = TestClient(create_app(attached), base_url="http://localhost").get("/").text
    attached.close()
    assert 'class="leaves"' in page and "vl.shop.example" in page


def test_nothing_stays_behind_after_an_upload(client, tmp_path, monkeypatch):
    import tempfile

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    client.post("/recognize", files={"image": png((1500, 1500)) + bytes(1_500_000)})
    assert list(Path(tmp_path).iterdir()) == []


def test_a_browser_is_shown_a_page_where_there_is_none_and_a_program_is_told(client):
    page = client.get("/nowhere", headers={"Accept": "text/html,*/*"})
    assert page.status_code == 404 and page.headers["content-type"].startswith("text/html") and "<nav" in page.text
    assert client.get("/nowhere").json()["error"]["remedy"]
    assert client.get("/v1/nowhere", headers={"Accept": "text/html"}).json()["error"]["remedy"]
