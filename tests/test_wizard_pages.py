"""Import, health check and export as pages that work without a script. req: C1, C7, F2, F5, F6"""

import csv
import html
import io
import re
import zipfile

import openpyxl
import pytest
import sqlalchemy as sa
from chat_server import jpeg
from fastapi.testclient import TestClient
from kept import record, value
from test_pages import Inline

from tujian.api import create_app
from tujian.batches import Batches
from tujian.catalogue import Catalogue, Incoming
from tujian.house import House, Shot
from tujian.jobs import Jobs
from tujian.settings import read_settings
from tujian.worker import Worker, handlers_of

HOSTILE = """"><script>alert(1)</script><p style='x' onclick='y'>"""
SHEET = f'主图,货号,品牌,备注\n{{}},R1,"{HOSTILE.replace(chr(34), chr(34) * 2)}",x\nnix.jpg,N1,ALPRO,\n,,,x\n'


@pytest.fixture
def home(tmp_path, house):
    """A house on an empty database, with the models of the shared one and a folder that may be named."""
    (tmp_path / "shop" / "in").mkdir(parents=True)
    (tmp_path / "shop" / "in" / "red.jpg").write_bytes(jpeg(colour="red"))
    settings = read_settings(home=tmp_path / "home", lang="zh", engine="none", pictures_root=tmp_path / "shop")
    opened = House(settings)
    opened._perception = house.perception
    yield opened
    opened.close()


@pytest.fixture
def client(home):
    return TestClient(create_app(home), base_url="http://localhost:7860", follow_redirects=True)


@pytest.fixture
def catalogue(home):
    return Catalogue.opened(home.settings, home.database, home.tasks)


@pytest.fixture
def work(home, catalogue):
    batches = Batches(Jobs(home.database))
    worker = Worker(batches, handlers_of(home, catalogue))

    def go(most: int = 1000) -> None:
        while most and worker.run_one():
            most -= 1
        batches.look_after()

    return go


def send(client, *files: tuple[str, bytes], to: str = "/import"):
    answer = client.post(to, files=[("file", file) for file in files])
    inline = Inline(answer.text)
    assert (inline.found, inline.scripts) == ([], 2)
    return answer


def words(answer) -> str:
    """What a person reads."""
    main = answer.text[answer.text.index("<main") : answer.text.index("</main>")]
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", main)).split())


def begin(client, sent, **fields):
    return client.post(sent.url.path, data={"look": "true", **fields})


def packed(**members: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.jpg", content)
    return file.getvalue()


def test_pictures_are_previewed_brought_and_reported(client, work):
    files = [("a.jpg", jpeg()), ("b.jpg", jpeg(colour="red")), ("again.jpg", jpeg()), ("torn.jpg", jpeg()[:400])]
    sent = send(client, *files, ("clip.mp4", b"\0\0\0\x18ftypmp42" + bytes(50)))
    assert "3 新增" in words(sent) and "1 目录里已有" in words(sent) and "截取一帧" in words(sent)
    job = begin(client, sent, look="")
    assert "正在导入" in words(job) and "data-open" in job.text
    work()
    done = client.get(job.url.path)
    assert "data-open" not in done.text
    assert "新增 2 件" in words(done) and "1 个并入已有的" in words(done) and "1 个没能导入" in words(done)
    assert "torn.jpg" in words(done) and "请重新导出、重新下载" in words(done)
    report = client.get(f"/v1/imports/{job.url.path.rpartition('/')[2]}/report").content.decode("utf-8-sig")
    assert "torn.jpg" in report
    assert "2 件" in words(client.get(f"/catalogue?batch={job.url.path.rpartition('/')[2]}"))
    assert "a.jpg 等 5 个文件" in words(client.get("/import"))


def test_a_sheet_with_a_zip_is_mapped_previewed_and_brought(client, work, catalogue):
    sent = send(client, ("新品.csv", SHEET.format("a.jpg").encode()), ("图.zip", packed(a=jpeg())))
    assert "1 新增" in words(sent) and "2 有问题" in words(sent)
    assert "上传的文件里没有图片 'nix.jpg'" in words(sent) and "这一行没有图片，也没有编号" in words(sent)
    assert re.findall(r'value="(\S+)" selected', sent.text) == ["picture", "sku", "brand"]
    again = client.get(sent.url.path, params={"as": ["picture", "sku", "name", "detail"]})
    assert re.findall(r'value="(\S+)" selected', again.text) == ["picture", "sku", "name", "detail"]
    job = begin(client, sent, **{"as": ["picture", "sku", "name", "detail"]})
    work()
    done = client.get(job.url.path)
    assert "新增 1 件" in words(done) and "2 个没能导入" in words(done) and "第 3 行" in words(done)
    item = catalogue.get(catalogue.list().items[0].id)
    assert (item.sku, item["name"], item["brand"], item["detail"]) == ("R1", HOSTILE, None, "x")
    assert catalogue.content(item.pictures[0].sha256) == jpeg()  # kept, though what was sent goes away
    same = send(client, ("新品.csv", SHEET.format("a.jpg").encode()), ("图.zip", packed(a=jpeg())))
    chosen = client.get(same.url.path, params={"as": ["picture", "sku", "name", "detail"]})
    assert "1 上次导过，没有变化" in words(chosen)


def test_columns_without_a_key_cannot_be_brought(client):
    sent = send(client, ("a.csv", "品牌,颜色\nALPRO,红\n".encode()))
    assert "还没有一列是图片、SKU 或外部编号" in words(sent) and "请至少给一列选上" in words(sent)
    assert begin(client, sent, **{"as": ["brand", "colours"]}).status_code == 400
    assert "1 新增" not in words(client.get(sent.url.path, params={"as": ["nonsense", "colours"]}))


def test_a_trial_waits_for_a_word(client, work):
    sent = send(client, ("a.zip", packed(**{f"p{n}": jpeg((40 + n, 30)) for n in range(50)})))
    assert "先试 20 个" in words(sent)
    job = begin(client, sent, trial="20")
    work()
    tried = client.get(job.url.path)
    assert "试好了" in words(tried) and "识别图片 20 / 50" in words(tried)
    assert re.search(r"还有 30 个等您一句话，全部约 \d+ 秒", words(tried))
    assert "data-open" not in tried.text
    going = client.post(f"{job.url.path}/resume")
    assert "正在导入" in words(going) and "大约还要" in words(going)
    assert "已暂停" in words(client.post(f"{job.url.path}/pause"))
    work()
    assert "20 / 50" in words(client.get(job.url.path))
    client.post(f"{job.url.path}/resume")
    work(3)
    gone = client.post(f"{job.url.path}/cancel")
    assert "已取消" in words(gone) and "看看导入的 23 件" in words(gone)
    assert "27 件还没识别过，先不显示" in words(gone)


@pytest.mark.parametrize(
    ("name", "content", "said", "remedy"),
    [
        ("a.csv", b"", "文件是空的", "重新复制"),
        ("a.csv", b"1,2\n3,4\n", "没有认出表头", "前 20 行"),
        ("a.xls", b"\xd0\xcf\x11\xe0" + bytes(600), "旧版 .xls", "另存为"),
        ("a.xlsx", packed(a=b"x")[:60], "表格文件损坏", "另存为"),
        ("a.csv", b"\xff\xfe\x00\xd8" * 300, "不是 XLSX", "另存为"),
        ("film.mp4", b"\0\0\0\x18ftypmp42" + bytes(50), "这是视频", "截取一帧"),
        ("setup.exe", b"MZ" + bytes(50), "这是程序", "选择图片"),
        ("a.jpg", b"", "文件是空的", "重新复制"),
        ("a.jpg", b"<!doctype html><p>404", "这是网页", "右键图片"),
        (f"{HOSTILE}.jpg", b"MZ", "这是程序", "选择图片"),
    ],
)
def test_a_wrong_file_is_told_with_what_to_do(client, name, content, said, remedy):
    told = words(send(client, (name, content)))
    assert said in told and remedy in told


def test_a_sheet_of_a_million_rows_is_told_to_be_split(client, tmp_path):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("xl/workbook.xml", "<workbook/>")
        book.writestr("xl/worksheets/sheet1.xml", b"<row/>" * 1_000_001)
    told = words(send(client, ("million.xlsx", file.getvalue())))
    assert "表格太大" in told and "另存为 CSV" in told


def test_a_gbk_sheet_is_read_as_it_was_meant(client):
    assert "蒙牛" in words(send(client, ("a.csv", "货号,品牌\nA1,蒙牛\n".encode("gbk"))))


def test_nothing_sent_is_told(client):
    for path in ("/import", "/check"):
        answer = client.post(path)
        assert answer.status_code == 400 and "还没有选文件" in words(answer)


def test_what_is_gone_is_told_on_the_page(client):
    for path in ("/import/sent/" + "0" * 32, "/import/nix", "/check/nix", "/check/sent/nix", "/export/nix"):
        answer = client.get(path)
        assert answer.status_code == 404 and 'role="alert"' in answer.text, path


def test_a_folder_of_the_server_is_brought_only_below_its_root(client, work):
    assert "1 张图片" in words(client.get("/import/folder?path=in"))
    for path in ("../..", "/etc", "nix", "\0"):
        assert "打不开文件夹" in words(client.get("/import/folder", params={"path": path})), path
        assert client.post("/import/folder", data={"path": path}).status_code == 400
    job = client.post("/import/folder", data={"path": "in"})
    work()
    assert "新增 1 件" in words(client.get(job.url.path))


def test_an_order_goes_on_after_its_worker_was_lost(client, work, home, catalogue):
    sent = send(client, *((f"p{n}.jpg", jpeg((40 + n, 30))) for n in range(9)))
    job = begin(client, sent, look="")
    ledger = Jobs(home.database)
    assert ledger.claim("lost", ["order"], lease_s=-1) is not None
    ledger.requeue_expired()
    with home.database.write() as connection:
        connection.exec_driver_sql("update jobs set due_s = 0 where kind = 'order'")
    work()
    assert "新增 9 件" in words(client.get(job.url.path))


def checked(client, work, *files: tuple[str, bytes]):
    sent = send(client, *files, to="/check")
    job = client.post(sent.url.path, data={"as": re.findall(r'value="(\S+)" selected', sent.text), "catalogue": "true"})
    assert "正在体检" in words(job)
    work()
    return client.get(job.url.path)


def test_a_sheet_is_checked_and_given_back_marked(client, work, samples):
    book = openpyxl.Workbook()
    for row in (
        ("主图", "标题", "颜色", "净含量", "条码"),
        ("juice.jpg", "最好的果汁", "蓝", "250ml", "5051234567890"),
    ):
        book.active.append(row)
    file = io.BytesIO()
    book.save(file)
    report = checked(client, work, ("新品.xlsx", file.getvalue()), ("juice.jpg", (samples / "juice.jpg").read_bytes()))
    told = words(report)
    assert "共 1 行，1 行有标记" in told
    assert "净含量不符 1" in told and "校验位错误 1" in told and "广告法用语 1" in told
    assert re.search(r"净含量 250ml 表格写“250ml”，图上读到“.*1 ?L”", told)
    crop = re.search(r'src="(/check/\w+/crops/[^"]+)"', report.text)
    assert crop and client.get(crop[1]).headers["content-type"] == "image/webp"
    one = words(client.get(f"{report.url.path}?kind=net_content"))
    assert "250ml" in one and "5051234567890" not in one
    marked = client.get(f"{report.url.path}/sheet")
    assert "filename" in marked.headers["content-disposition"]
    assert "体检" in openpyxl.load_workbook(io.BytesIO(marked.content)).sheetnames


def test_rows_without_a_picture_take_the_catalogues(client, work, home, catalogue, samples):
    content = (samples / "juice.jpg").read_bytes()
    catalogue.add([Incoming(home.open(Shot(content, "j"))[1], content)], who="t", sku="J1")
    report = checked(client, work, ("a.csv", "货号,净含量\nJ1,250ml\n".encode()))
    assert "净含量不符 1" in words(report)


def test_hostile_cells_are_text_in_the_report(client, work):
    report = checked(client, work, ("a.csv", SHEET.format("a.jpg").encode()), ("a.jpg", jpeg()))
    assert Inline(report.text).found == [] and HOSTILE not in report.text


@pytest.mark.parametrize("path", ["crops/../findings.jsonl", "crops/findings.jsonl", "crops/..%2Ffindings.jsonl"])
def test_only_pictures_of_a_check_are_given(client, work, path):
    report = checked(client, work, ("a.csv", "货号\nJ1\n".encode()))
    assert client.get(f"{report.url.path}/{path}").status_code in (404, 400, 422)


@pytest.fixture
def stocked(catalogue, home):
    """Two products, one of which boasts, and a hidden one."""
    shown = home.open(Shot(jpeg(), "t.jpg"))[1]
    ids = []
    for sku, name, brand in (("A1", "最好的牛奶", "蒙牛"), ("A2", HOSTILE, "ALPRO"), ("A3", "秘密", "蒙牛")):
        added = catalogue.add([Incoming(shown, jpeg())], who="t", sku=sku)
        catalogue.save(added.id, record(name=value(name), brand=value(brand), material=value("棉")))
        ids.append(added.id)
    catalogue.hide(ids[2], who="t")
    return ids


def rows_of(client, job) -> list[dict[str, str]]:
    content = client.get(f"{job.url.path}/file").content.decode("utf-8-sig")
    return list(csv.DictReader(content.splitlines()))


def test_an_export_stops_at_advertising_words_until_they_are_acknowledged(client, work, stocked, catalogue):
    assert "目录里的全部，2 件" in words(client.get("/export"))
    job = client.post("/export", data={"to": "shopify"})
    work()
    stopped = client.get(job.url.path)
    assert "先看一下这些话" in words(stopped) and "A1 · name · “最好”" in words(stopped)
    assert client.get(f"{job.url.path}/file").status_code == 404
    assert client.post(f"{job.url.path}/acknowledge").url.path == job.url.path  # without the tick nothing happens
    again = client.post(f"{job.url.path}/acknowledge", data={"acknowledged": "true"})
    work()
    done = client.get(again.url.path)
    assert "准备好了" in words(done) and "没有放字段 material 的地方（2：A1、A2）" in words(done)
    assert {row["SKU"] for row in rows_of(client, again)} == {"A1", "A2"}
    assert Inline(done.text).found == []


def test_what_was_not_acknowledged_stops_it_once_more(client, work, stocked, catalogue):
    job = client.post("/export", data={"to": "csv"})
    work()
    catalogue.edit(stocked[1], {"name": "国家级燕麦奶"}, who="t")
    again = client.post(f"{job.url.path}/acknowledge", data={"acknowledged": "true"})
    work()
    assert "国家级" in words(client.get(again.url.path))


def test_one_more_item_with_a_word_that_was_acknowledged_stops_it_once_more(client, work, stocked, catalogue):
    job = client.post("/export", data={"to": "csv"})
    work()
    catalogue.edit(stocked[1], {"name": "最好的燕麦奶"}, who="t")
    again = client.post(f"{job.url.path}/acknowledge", data={"acknowledged": "true"})
    work()
    stopped = words(client.get(again.url.path))
    assert "有 2 处可能违反广告法" in stopped and "A1、A2 · name · “最好”" in stopped
    last = client.post(f"{again.url.path}/acknowledge", data={"acknowledged": "true"})
    work()
    assert "准备好了" in words(client.get(last.url.path))


def test_an_export_on_the_page_goes_through_the_items_twice(client, work, stocked, home):  # req: F5
    loads: list[str] = []

    def note(_connection, _cursor, statement: str, *_more) -> None:
        loads.extend([statement] if "records_count" in statement and "LIMIT" not in statement else [])

    job = client.post("/export", data={"to": "csv", "item": [stocked[1]]})
    sa.event.listen(home.database.engine, "before_cursor_execute", note)
    work()
    sa.event.remove(home.database.engine, "before_cursor_execute", note)
    assert [row["SKU"] for row in rows_of(client, job)] == ["A2"] and len(loads) == 2


def test_some_items_are_exported_by_filter_or_by_number(client, work, stocked):
    page = client.get("/export?to=jsonl&brand=ALPRO")
    assert "品牌 ALPRO" in words(page) and "1 件" in words(page)
    for chosen in ({"brand": "ALPRO"}, {"item": [stocked[1], stocked[2]]}):
        job = client.post("/export", data={"to": "csv", **chosen})
        work()
        assert [row["SKU"] for row in rows_of(client, job)] == ["A2"]
    hidden = client.get(f"/export?to=csv&item={stocked[2]}&also=hidden")
    assert "隐藏的" in words(hidden) and "1 件" in words(hidden)
    job = client.post("/export", data={"to": "csv", "item": stocked[2], "also": "hidden"})
    work()
    assert [row["SKU"] for row in rows_of(client, job)] == ["A3"]


def test_every_form_becomes_one_file(client, work, stocked):
    for to in ("csv", "xlsx", "jsonl", "google", "taobao", "jsonld", "xmp"):
        job = client.post("/export", data={"to": to, "brand": "ALPRO", "pictures_at": "https://cdn.example.com/s"})
        work()
        file = client.get(f"{job.url.path}/file")
        assert file.status_code == 200 and len(file.content) > 20, to
    wrong = client.post("/export", data={"to": "csv", "pictures_at": "ftp:x"})
    assert wrong.status_code == 400 and "不是网址" in words(wrong)


def test_an_export_over_http_is_a_file_and_leaves_nothing(client, stocked, home):
    refused = client.post("/v1/exports", json={"to": "shopify"})
    assert refused.status_code == 400 and refused.json()["error"]["type"] == "NotAcknowledged"
    taken = client.post("/v1/exports", json={"to": "csv", "filters": {"brand": "ALPRO"}})
    assert [row["SKU"] for row in csv.DictReader(taken.content.decode("utf-8-sig").splitlines())] == ["A2"]
    assert client.post("/v1/exports", json={"to": "nix"}).status_code == 400


def test_what_cannot_go_along_is_told_before_an_export_is_begun(client, stocked, home):
    asked = {"to": "shopify", "pictures_at": "https://cdn.example.com/s", "preview": "true"}
    page = client.get("/export", params=asked)
    told = words(page)
    assert "试写了全部 2 件" in told and "没有放字段 material 的地方 · 2 件，例如 A1" in told
    assert "有 1 处可能违反广告法" in told and "秘密" not in told
    assert f'href="/catalogue/{stocked[0]}"' in page.text and "URL handle" in told and "另有" in told
    assert Inline(page.text).found == [] and HOSTILE not in page.text
    assert 'value="https://cdn.example.com/s"' in page.text
    assert re.search(r'id="lang"[^>]*href="[^"]*preview=true', page.text)  # the other language shows it too
    assert "都能带走" in words(client.get("/export?to=jsonl&preview=true"))
    english = words(client.get("/export?to=shopify&brand=ALPRO&preview=true&lang=en"))
    assert "Tried: all 1" in english and "no place for the field material" in english
    hidden = client.get(f"/export?to=shopify&item={stocked[2]}&also=hidden&preview=true&lang=zh")
    assert "秘密" in words(hidden) and f"/catalogue/{stocked[2]}?also=hidden" in hidden.text
    assert Jobs(home.database).claim("w", ["export"]) is None
    assert not (home.settings.home_dir / "parcels").exists()


def test_of_many_items_the_first_are_tried_and_that_is_said(client, catalogue, home):
    shown = home.open(Shot(jpeg(), "t.jpg"))[1]
    for number in range(203):
        catalogue.add([Incoming(shown, jpeg())], who="t", sku=f"S{number}")
    assert "试写了前 200 件；一共 203 件" in words(client.get("/export?to=csv&preview=true"))


def test_photos_that_a_shop_does_not_take_are_told(client, stocked, catalogue):
    catalogue.edit(stocked[0], {"item.kind": "photo"}, who="t")
    assert "另有 1 件不是商品" in words(client.get("/export?to=shopify&preview=true"))
    assert "不是商品" not in words(client.get("/export?to=csv&preview=true"))


def test_a_preview_that_cannot_be_made_says_why(client, stocked, home):
    wrong = client.get("/export?to=csv&pictures_at=ftp:x&preview=true")
    assert wrong.status_code == 400 and "不是网址" in words(wrong)
    (home.settings.home_dir / "taobao_categories.txt").write_text("连衣裙", "utf-8")
    wrong = client.get("/export?to=taobao&preview=true")
    assert wrong.status_code == 400 and "每行写“类目=平台类目编号”" in words(wrong)


def test_a_preview_over_http_says_the_same(client, stocked):
    told = client.post("/v1/exports/preview", json={"to": "shopify", "lang": "en"}).json()
    assert (told["total"], told["looked"]) == (2, 2)
    lost = {one["said"]: one for one in told["lost"]}["no place for the field material"]
    assert lost["items"] == 2 and lost["example"] == {"id": stocked[0], "called": "A1"}
    assert [(one["item"]["called"], one["field"]) for one in told["adverts"]] == [("A1", "name")]
    assert told["headings"][0] == "Title" and told["rows"][0][0] == "最好的牛奶" and len(told["rows"]) == 2
    some = client.post("/v1/exports/preview", json={"to": "csv", "filters": {"brand": "ALPRO"}}).json()
    assert some["total"] == 1 and some["rows"][0][2] == "A2"
    assert client.post("/v1/exports/preview", json={"to": "nix"}).status_code == 400


def test_the_catalogue_leads_to_an_export_of_what_it_shows(client, stocked):
    assert 'href="/export?brand=ALPRO"' in client.get("/catalogue?brand=ALPRO").text


def test_whoever_has_no_token_is_led_to_the_login(tmp_path):
    house = House(read_settings(home=tmp_path, lang="zh", engine="none", token="t" * 20))
    closed = TestClient(create_app(house), base_url="http://localhost:7860", follow_redirects=False)
    for path in ("/import", "/check", "/export", "/import/x", "/check/x", "/export/x"):
        assert closed.get(path).headers["location"] == "/login"
    assert closed.post("/v1/parcels").status_code == 403
    house.close()
