"""What somebody does under a name stands in histories under that name, by HTTP and by the pages. req: F1"""

from urllib.parse import quote

import pytest
import sqlalchemy as sa
from chat_server import jpeg
from fastapi.testclient import TestClient

from tujian.api import create_app
from tujian.house import House
from tujian.schema import audit, batches, saved_searches
from tujian.settings import read_settings

SHEET = b"image,sku\nred.jpg,R1\n"


@pytest.fixture
def home(tmp_path, house):
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "red.jpg").write_bytes(jpeg(colour="red"))
    opened = House(read_settings(home=tmp_path / "home", lang="zh", engine="none", pictures_root=tmp_path / "shop"))
    opened._perception = house.perception
    yield opened
    opened.close()


@pytest.mark.parametrize(("cookie", "by_api", "by_page"), [("", "api", "page"), ("李雷", "李雷", "李雷")])
def test_acts_have_the_name_of_who_acts(home, cookie, by_api, by_page):
    http = TestClient(create_app(home), base_url="http://localhost:7860", follow_redirects=False)
    http.cookies.set("who", quote(cookie))
    item = http.post("/v1/items", files={"image": ("a.jpg", jpeg())}, data={"look": "false"}).json()["id"]
    batch = http.post("/v1/jobs", json={"items": [item], "name": "look"}).json()["id"]
    assert http.post(f"/v1/jobs/{batch}/pause").status_code == 200
    assert http.post("/v1/searches", json={"name": "s", "search": {"text": "红"}}).status_code == 201
    assert http.post("/v1/imports", files={"file": ("a.csv", SHEET)}).status_code == 201
    assert http.post("/searches", data={"name": "p", "at": "/search?q=红"}).status_code == 303
    assert http.post("/v1/exports", json={"to": "csv"}).status_code == 200
    export = http.post("/export", data={"to": "csv", "category_guess": "fb"})
    assert export.status_code == 303
    folder = http.post("/import/folder", data={"path": str(home.settings.pictures_root)})
    assert folder.status_code == 303
    assert http.post(f"{folder.headers['location']}/cancel").status_code == 303
    with home.database.read() as connection:
        acts = connection.execute(sa.select(audit.c.verb, audit.c.who)).all()
        searches = dict(connection.execute(sa.select(saved_searches.c.name, saved_searches.c.who)).all())
        begun = [who for who in connection.scalars(sa.select(batches.c.who).order_by(batches.c.made_at))]
    assert {who for _, who in acts} <= {by_api, by_page} and ("cancel", by_page) in acts and ("pause", by_api) in acts
    assert searches == {"s": by_api, "p": by_page}
    assert begun == [by_api, by_api, by_page, by_page]
