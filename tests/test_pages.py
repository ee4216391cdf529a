"""Pages of the catalogue as text: safe, linked, in the reader's language. req: A16, C1, E8, E9"""

import html
import re
from html.parser import HTMLParser

import pytest
from chat_server import jpeg
from fastapi.testclient import TestClient
from kept import record, value

from tujian.api import create_app
from tujian.catalogue import Catalogue, Incoming
from tujian.house import House, Shot
from tujian.records import Guess, Value
from tujian.settings import read_settings

HOSTILE = """"><script>alert(1)</script><p style='x' onclick='y'>"""


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    house = House(read_settings(home=tmp_path_factory.mktemp("home"), lang="zh", engine="none"))
    yield house
    house.close()


@pytest.fixture(scope="module")
def app(house):
    return create_app(house)


@pytest.fixture
def client(app):
    return TestClient(app, base_url="http://localhost:7860", follow_redirects=False)


@pytest.fixture(scope="module")
def item(house):
    """An item whose every text is hostile, with two records and an edit."""
    catalogue = Catalogue.opened(house.settings, house.database, house.tasks)
    content = jpeg()
    shown = house.open(Shot(content, f"{HOSTILE}.jpg"))[1]
    kept = catalogue.add([Incoming(shown, content)], who=HOSTILE, sku=HOSTILE, values={"selling_points": [HOSTILE]})
    catalogue.save(kept.id, record(name=value(HOSTILE), brand=value(HOSTILE)))
    catalogue.save(kept.id, record(recipe="s" * 64, name=value("牛奶"), brand=value(HOSTILE)))
    catalogue.edit(kept.id, {"brand": HOSTILE + "2"}, who=HOSTILE, why=HOSTILE)
    return kept.id


def drawn(client, path: str, **more) -> str:
    answer = client.get(path, **more)
    assert answer.status_code == 200 and "default-src 'self'" in answer.headers["content-security-policy"]
    return answer.text


class Inline(HTMLParser):
    """Collects what the page would run or be styled by without a file of its own."""

    def __init__(self, page: str):
        super().__init__()
        self.found, self.scripts = [], 0
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.scripts += tag == "script"
        self.found += [name for name in given if name == "style" or name.startswith("on")]
        self.found += [tag] * (tag == "style" or (tag == "script" and "src" not in given))
        self.found += [
            link for link in (given.get("href"), given.get("src")) if link and not link.startswith(("/", "#"))
        ]


def links(page: str) -> list[str]:
    return [html.unescape(link) for link in re.findall(r'href="([^"]*)"', page)]


@pytest.mark.parametrize("path", ["/catalogue", "/catalogue/{item}", "/search", "/search?q={hostile}&drop={hostile}"])
def test_pages_hold_no_script_or_style_of_their_own_whatever_items_say(client, item, path):
    page = drawn(client, path.format(item=item, hostile="%22%3E%3Cscript%3E200元以下"))
    inline = Inline(page)
    assert (inline.found, inline.scripts) == ([], 2)


def test_an_item_tells_what_two_records_say_differently_and_who_edited(client, item):
    page = html.unescape(drawn(client, f"/catalogue/{item}?older=1&newer=2"))
    assert re.search(r'<th scope="row">品名</th><td>">.*</td><td>牛奶</td>', page)
    assert f"<small>{HOSTILE}</small>" in page
    assert f"/v1/items/{item}" in page


def test_an_item_that_is_not_there_is_said_to_be_missing_in_the_readers_language(client):
    answer = client.get("/catalogue/0000?lang=en")
    assert answer.status_code == 404
    assert "There is no item &#39;0000&#39;" in answer.text and "lists those there are" in answer.text


def test_the_other_language_keeps_what_is_looked_at(client, item):
    assert "/catalogue?brand=x&lang=en" in links(drawn(client, "/catalogue?brand=x"))
    assert "/search?q=酒&strictness=0.5&lang=en" in [
        re.sub("%E9%85%92", "酒", link) for link in links(drawn(client, "/search?q=酒"))
    ]
    assert f"/catalogue/{item}?picture=0&lang=en" in links(drawn(client, f"/catalogue/{item}"))


def test_a_filter_that_was_dropped_filters_no_more(client, item):
    asked = "/search?q=200元以下的牛奶"
    assert "is-off" not in drawn(client, asked)
    dropped = drawn(client, f"{asked}&drop=200元以下")
    assert 'class="chip is-off"' in dropped and f"/catalogue/{item}" in dropped


def test_what_may_be_of_a_kind_is_listed_beside_what_is(client, house):
    catalogue = Catalogue.opened(house.settings, house.database, house.tasks)
    kept = catalogue.add([Incoming(house.open(Shot(jpeg(), "new.jpg"))[1], jpeg())], who="t")
    milk = next(one for one in house.knowledge.taxonomy if one.zh == "牛奶")
    catalogue.save(kept.id, record(category=Value(top3=[Guess(value="牛奶", id=milk.id, confidence=0.6)])))
    page = drawn(client, "/catalogue")
    assert '<h2 id="facet-category_guess">可能的品类</h2>' in page
    narrowed = drawn(client, f"/catalogue?category_guess={milk.id}")
    assert kept.id in narrowed and "1 件" in narrowed and f"/export?category_guess={milk.id}" in narrowed
    assert '<div class="maybe"><span class="label">可能的品类</span>' in drawn(client, f"/catalogue/{kept.id}")
    catalogue.edit(kept.id, {"category": "牛奶"}, who="t")
    assert 'class="maybe"' not in drawn(client, f"/catalogue/{kept.id}")
    catalogue.forget(kept.id, who="t")


def test_whoever_has_no_token_is_led_to_the_login(tmp_path):
    house = House(read_settings(home=tmp_path, lang="zh", engine="none", token="t" * 20))
    closed = TestClient(create_app(house), base_url="http://localhost:7860", follow_redirects=False)
    for path in ("/catalogue", "/catalogue/0000", "/search"):
        answer = closed.get(path)
        assert (answer.status_code, answer.headers["location"]) == (303, "/login")
    assert closed.get(f"/v1/pictures/{'0' * 64}/thumbnail").status_code == 403
    house.close()
