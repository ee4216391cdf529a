"""Who may not see an item cannot learn of it, change it or lose it; what nobody looked at is not shown. req: C10, E9"""

import pytest
from fastapi.testclient import TestClient
from kept import incoming, open_catalogue, record, value

from tujian.api import create_app
from tujian.catalogue import Catalogue
from tujian.errors import NotFound
from tujian.house import House
from tujian.settings import read_settings


@pytest.fixture
def house(tmp_path):
    house = House(read_settings(home=tmp_path, lang="zh", engine="none"))
    yield house
    house.close()


@pytest.fixture
def kept(house):
    return Catalogue.opened(house.settings, house.database, house.tasks)


@pytest.fixture
def browser(house):
    """Its lock is closed."""
    return TestClient(
        create_app(house), base_url="http://localhost:7860", headers={"Sec-Fetch-Site": "same-origin", "If-Match": "*"}
    )


@pytest.fixture
def paper(kept):
    item_id = kept.add([incoming()], who="t", kind="photo").id
    kept.save(item_id, record(task="album", sensitive=True, summary=value("身份证正面")))
    return item_id


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "/v1/items/{}", {}),
        ("PATCH", "/v1/items/{}", {"visibility": "shown"}),
        ("PATCH", "/v1/items/{}", {"fields": {"brand": "x"}}),
        ("POST", "/v1/items/bulk", {"visibility": "shown", "items": ["{}"]}),
        ("POST", "/v1/items/{}/undo", None),
        ("DELETE", "/v1/items/{}", None),
    ],
)
def test_a_browser_whose_lock_is_closed_neither_reads_nor_opens_nor_forgets_a_paper(
    browser, kept, paper, method, path, body
):
    body = {**body, "items": [paper]} if body and "items" in body else body
    answer = browser.request(method, path.format(paper), json=body)
    assert answer.status_code == 404 and "身份证" not in answer.text
    assert kept.get(paper, also=("sensitive",)).visibility == "sensitive"


def test_who_hid_something_may_take_that_back_for_a_quarter_of_an_hour(browser, kept, house):
    item_id = kept.add([incoming(b"new")], who="t").id
    assert browser.patch(f"/v1/items/{item_id}", json={"visibility": "hidden"}).status_code == 200
    assert browser.patch(f"/v1/items/{item_id}", json={"visibility": "shown"}).status_code == 200
    kept.hide(item_id, who="somebody else")
    assert browser.patch(f"/v1/items/{item_id}", json={"visibility": "shown"}).status_code == 404


def test_what_took_the_place_of_a_picture_is_not_shown_before_it_was_looked_at(database, tmp_path):
    catalogue = open_catalogue(database, tmp_path)
    old, new = incoming(b"old"), incoming(b"new", "new.jpg")
    item_id = catalogue.add([old], who="t", visibility="pending").id
    catalogue.replace_picture(item_id, old.picture.sha256, new, who="t", waits=True)
    catalogue.save(item_id, record(), seen=[old.picture.sha256])  # a look that began before
    with pytest.raises(NotFound):
        catalogue.get(item_id)
    catalogue.save(item_id, record(), seen=[new.picture.sha256])
    assert catalogue.get(item_id).visibility == "shown"


def test_an_external_id_that_another_item_has_by_now_is_not_taken_back(database, tmp_path):
    catalogue = open_catalogue(database, tmp_path)
    one = catalogue.add([incoming(b"1")], who="t", external_id="X").id
    catalogue.edit(one, {"item.external_id": "Y"}, who="t")
    catalogue.add([incoming(b"2")], who="t", external_id="X")
    with pytest.raises(Exception, match="X") as refused:
        catalogue.undo(one, who="t")
    assert type(refused.value).__name__ == "AlreadyThere"


def test_a_name_that_is_taken_back_is_no_title_any_more(database, tmp_path):
    catalogue = open_catalogue(database, tmp_path)
    one = catalogue.add([incoming(b"1", "IMG_1.jpg")], who="t").id
    catalogue.edit(one, {"name": "secret X"}, who="t")
    assert catalogue.get(one).title == "secret X"
    catalogue.undo(one, who="t")
    assert catalogue.get(one).title == "IMG_1"
