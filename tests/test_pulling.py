"""A model fetched from the page, against a stand-in of both hubs: progress, stop, resume, failure. req: A2, A3"""

import random

import pytest
from chat_server import wait_until
from fastapi.testclient import TestClient
from hub_stand_in import hub_stand_in
from test_models_page import text_of

from tujian.api import create_app, facts
from tujian.engines.offers import find_offer, read_offers
from tujian.engines.pulling import Pulls
from tujian.errors import AlreadyThere
from tujian.house import House
from tujian.settings import read_settings
from tujian.web.render import read_words

OFFER = find_offer("qwen3-vl-2b", read_offers())
WEIGHTS = random.Random(5).randbytes(4_000_000)
ZH, EN = read_words("zh"), read_words("en")


@pytest.fixture(params=["hf", "modelscope"])
def source(request):
    return request.param


@pytest.fixture
def hub(tmp_path, monkeypatch):
    files = {f"{OFFER.repository}/{OFFER.weights}": WEIGHTS, f"{OFFER.repository}/{OFFER.mmproj}": b"eyes" * 1000}
    with hub_stand_in(files) as serving:
        for name in ("HF_ENDPOINT", "MODELSCOPE_ENDPOINT"):
            monkeypatch.setenv(name, serving.url)
        for name in ("HF_HOME", "MODELSCOPE_CACHE", "MODELSCOPE_HOME"):
            monkeypatch.setenv(name, str(tmp_path / name))
        monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", serving.url)
        template = f"{serving.url}/{{repo_id}}/resolve/{{revision}}/{{filename}}"  # of whoever imported it first
        monkeypatch.setattr("huggingface_hub.constants.HUGGINGFACE_CO_URL_TEMPLATE", template)
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "HF_HOME"))
        facts.hosts.cache_clear()
        yield serving
        facts.hosts.cache_clear()


@pytest.fixture
def client(tmp_path, hub):
    house = House(read_settings(home=tmp_path / "home", lang="zh", engine="none"))
    yield TestClient(create_app(house), base_url="http://localhost:7860")
    house.close()


def over(pulls: Pulls) -> str:
    wait_until(lambda: pulls.now and pulls.now.is_over, 20)
    assert pulls.now
    return pulls.now.state


def test_it_goes_on_where_it_was_stopped(hub, source):
    pulls = Pulls()
    hub.pause_s = 0.05
    pulls.start(OFFER, source)
    with pytest.raises(AlreadyThere):
        pulls.start(OFFER, source)
    wait_until(lambda: pulls.now and pulls.now.done_bytes > 300_000, 20)
    pulls.stop()
    assert over(pulls) == "stopped" and pulls.now and 0 < pulls.now.done_bytes < len(WEIGHTS)
    hub.pause_s = 0
    pulls.start(OFFER, source)
    assert over(pulls) == "done" and pulls.now.done_bytes == len(WEIGHTS) + 4000
    assert hub.sent[f"{OFFER.repository}/{OFFER.weights}"] < 1.5 * len(WEIGHTS)  # not from the beginning


def test_a_hub_that_does_not_answer_well_is_told_with_what_to_do(hub, source):
    hub.status = 503
    pulls = Pulls()
    pulls.start(OFFER, source)
    assert over(pulls) == "failed"
    assert pulls.now and pulls.now.trouble and "503" in pulls.now.trouble.zh.message and pulls.now.trouble.zh.remedy


def test_the_page_names_size_and_host_before_anything_goes_to_the_internet(client, hub):
    page = text_of(client.get("/models").text)
    assert ZH["pull_sure"].format(size="1.6 GB") in page
    assert f"ModelScope {hub.url.removeprefix('http://')}" in page and "Hugging Face" in page
    assert not [asked for asked in hub.asked if "resolve" in asked or "FilePath" in asked]


def test_from_the_page_it_is_fetched_stopped_and_gone_on_with(client, hub):
    hub.pause_s = 0.1
    wish = {"model": OFFER.name, "source": "hf"}
    answer = client.post("/models/pull", data=wish, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/models")
    wait_until(lambda: "MB/s" in client.get("/models/pull").text, 20)
    part = client.get("/models/pull?lang=en").text
    assert 'data-going="true"' in part and "<progress" in part and EN["pull_stop"] in part and "<main" not in part
    again = client.post("/models/pull", data=wish | {"model": "qwen3-vl-4b"})
    assert again.status_code == 409 and 'role="alert"' in again.text
    client.post("/models/pull/stop")
    wait_until(lambda: EN["pull_resume"] in client.get("/models/pull").text, 20)
    hub.pause_s = 0
    client.post("/models/pull", data=wish)
    wait_until(lambda: EN["pull_done"] in text_of(client.get("/models/pull?lang=en").text), 20)


@pytest.mark.parametrize("wish", [{"model": "../../etc", "source": "hf"}, {"model": OFFER.name, "source": "evil"}])
def test_what_is_not_offered_is_not_fetched(client, hub, wish):
    assert client.post("/models/pull", data=wish).status_code == 400
    assert hub.asked == []


def test_another_site_cannot_have_it_fetched(client, hub):
    wish = {"model": OFFER.name, "source": "hf"}
    assert client.post("/models/pull", data=wish, headers={"origin": "https://evil.example"}).status_code == 403
    assert hub.asked == []
