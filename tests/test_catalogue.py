"""What the catalogue keeps, on SQLite and on PostgreSQL. req: A12, B11, C2, D7, E4, E9, F1, F8"""

import datetime as dt
import hashlib
import itertools
import threading

import pytest
import sqlalchemy as sa
from kept import incoming, open_catalogue, record, value

from tujian.catalogue import FileAt
from tujian.errors import AlreadyThere, BadEdit, BadInput, LostUpdate, NotFound
from tujian.records import Value, Verdict
from tujian.schema import audit, field_history, item_values, items, pictures, records


@pytest.fixture
def catalogue(database, tmp_path):
    ticks = itertools.count()
    start = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
    return open_catalogue(database, tmp_path, clock=lambda: start + dt.timedelta(seconds=next(ticks)))


def added(catalogue, content=b"milk", **more) -> str:
    return catalogue.add([incoming(content)], who="Li", **more).id


def test_an_item_comes_back_with_its_pictures_in_order_and_its_values_with_evidence(catalogue):
    item_id = catalogue.add(
        [incoming(b"front", "front.jpg"), incoming(b"back", "back.jpg")], who="Li", external_id="A-1", sku="S1"
    ).id
    catalogue.save(item_id, record(brand=value("ALPRO", "rule", True), net_content=value("1 L", "rule", True)))
    item = catalogue.get(item_id)
    assert [one.name for one in item.pictures] == ["front.jpg", "back.jpg"]
    assert item.cover == hashlib.sha256(b"front").hexdigest()
    assert item["brand"] == "ALPRO" and item.values["brand"].value.evidence[0].quote == "ALPRO"
    assert (item.external_id, item.sku, item.title, item.records_count) == ("A-1", "S1", "一盒牛奶", 1)
    assert item.values["brand"].record == 1 and item.values["brand"].who == "perception"


def test_the_same_bytes_are_kept_once(catalogue, database, tmp_path):
    added(catalogue)
    added(catalogue)
    with database.read() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(pictures)) == 1
    kept = [path for path in (tmp_path / "pictures").rglob("*") if path.is_file()]
    assert [path.read_bytes() for path in kept] == [b"milk"]
    assert catalogue.content(hashlib.sha256(b"milk").hexdigest()) == b"milk"


def test_a_picture_of_a_read_only_source_stays_where_it_lies(catalogue, tmp_path):
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "a.jpg").write_bytes(b"there")
    source_id = catalogue.source("folder", str(tmp_path / "shop"))
    assert catalogue.source("folder", str(tmp_path / "shop")) == source_id
    one = incoming(b"there", file=FileAt(source_id, "a.jpg", 5, 1))
    catalogue.add([one], who="Li")
    assert not (tmp_path / "pictures").exists()
    assert catalogue.content(one.picture.sha256) == b"there"
    (tmp_path / "shop" / "a.jpg").write_bytes(b"other")
    with pytest.raises(NotFound, match=r"a\.jpg"):
        catalogue.content(one.picture.sha256)


# precedence


def test_a_model_never_overwrites_a_person(catalogue):
    item_id = added(catalogue)
    catalogue.save(item_id, record(brand=value("Oatly")))
    catalogue.edit(item_id, {"brand": "Alpro"}, who="Li")
    saved = catalogue.save(item_id, record(brand=value("ALPRO", "barcode", True)))
    item = catalogue.get(item_id)
    assert item["brand"] == "Alpro" and item.values["brand"].value.verdict is Verdict.HUMAN
    assert saved.changed == [] and item.values["brand"].who == "Li"


def test_a_person_may_say_that_there_is_none_and_no_model_fills_it(catalogue):
    item_id = added(catalogue)
    catalogue.edit(item_id, {"brand": None}, who="Li")
    catalogue.save(item_id, record(brand=value("Oatly")))
    item = catalogue.get(item_id)
    assert item["brand"] is None and item.values["brand"].source == "person"


def test_what_was_read_outranks_what_a_model_said_in_another_task(catalogue):
    item_id = added(catalogue)
    catalogue.save(item_id, record("product", barcode=value("5901234123457", "barcode", True)))
    catalogue.save(item_id, record("label", barcode=value("111", "model")))
    assert catalogue.get(item_id)["barcode"] == "5901234123457"
    catalogue.save(item_id, record("describe", barcode=value("222", "barcode", False)))  # wrong check digit
    assert catalogue.get(item_id)["barcode"] == "5901234123457"


def test_the_last_record_of_a_task_speaks_for_it_even_when_it_is_less_sure(catalogue):
    """A rule that misread is mended by the next version; its old finding does not outlive it."""
    item_id = added(catalogue)
    catalogue.save(item_id, record(brand=value("ALPINE", "rule", True), price=value("9.9 CNY", "rule", True)))
    saved = catalogue.save(item_id, record(brand=value("ALPRO", "model")))
    assert catalogue.get(item_id)["brand"] == "ALPRO"
    assert catalogue.get(item_id)["price"] is None and saved.changed == ["brand", "price"]


def test_when_the_stronger_voice_falls_silent_the_other_task_is_heard_again(catalogue):
    item_id = added(catalogue)
    catalogue.save(item_id, record("product", brand=value("ALPRO", "rule", True)))
    catalogue.save(item_id, record("describe", brand=value("Oatly", "model")))
    assert catalogue.get(item_id)["brand"] == "ALPRO"
    catalogue.save(item_id, record("product", brand=Value()))
    assert catalogue.get(item_id)["brand"] == "Oatly"


# editing


def test_an_edit_of_a_version_that_is_no_longer_there_is_refused(catalogue):
    item_id = added(catalogue)
    seen = catalogue.get(item_id).version
    assert catalogue.edit(item_id, {"brand": "Alpro"}, who="Li", version=seen) == seen + 1
    with pytest.raises(LostUpdate, match="Read it again"):
        catalogue.edit(item_id, {"brand": "Oatly"}, who="Wang", version=seen)
    assert catalogue.get(item_id)["brand"] == "Alpro"


def test_of_two_who_edit_the_same_version_at_once_one_wins_and_one_is_told(catalogue):
    item_id = added(catalogue)
    told = []

    def edit(name: str) -> None:
        try:
            told.append(catalogue.edit(item_id, {"brand": name}, who=name, version=1))
        except LostUpdate:
            told.append("lost")

    threads = [threading.Thread(target=edit, args=(f"b{n}",)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(str, told)) == ["2", *["lost"] * 5]
    assert len([line for line in catalogue.history(item_id) if line.field == "brand"]) == 1


@pytest.mark.parametrize(
    "changes, word",
    [
        ({"colour": "红"}, "colours"),  # no such field: the names are told
        ({"brand": 7}, "text"),
        ({"colours": "红"}, "list"),
        ({"best_before": "soon"}, "YYYY-MM-DD"),
        ({"brand": " "}, "text"),
        ({"brand": "x" * 20_001}, "20000"),
        ({"item.kind": "car"}, "product"),
        ({"item.sku": 7}, "text"),
        ({"item.sku": "x" * 201}, "200"),
    ],
)
def test_an_unknown_field_or_a_wrong_kind_is_refused_with_what_would_be_right(catalogue, changes, word):
    item_id = added(catalogue)
    with pytest.raises(BadEdit, match=word):
        catalogue.edit(item_id, {"name": "Milk", **changes}, who="Li")
    assert catalogue.get(item_id).version == 1 and catalogue.history(item_id) == []


def test_the_history_tells_who_changed_what_when_and_why(catalogue):
    item_id = added(catalogue)
    catalogue.save(item_id, record(brand=value("Oatly")))
    catalogue.edit(item_id, {"brand": "Alpro", "item.sku": "S9"}, who="Li", why="包装上写的")
    newest = catalogue.history(item_id, "brand")[0]
    assert (newest.old, newest.old_source, newest.new, newest.new_source) == ("Oatly", "model", "Alpro", "person")
    assert (newest.who, newest.why) == ("Li", "包装上写的")
    assert [(line.field, line.new) for line in catalogue.history(item_id)] == [
        ("item.sku", "S9"), ("brand", "Alpro"), ("brand", "Oatly"),
    ]  # fmt: skip


def test_an_undo_takes_back_the_last_act_of_a_person_and_then_the_one_before(catalogue):
    item_id = added(catalogue, sku="S1")
    catalogue.save(item_id, record(brand=value("Oatly")))
    catalogue.edit(item_id, {"brand": "Alpro", "item.sku": "S2"}, who="Li")
    catalogue.edit(item_id, {"brand": "Vemondo"}, who="Wang")
    catalogue.save(item_id, record(brand=value("OATLY!")))
    catalogue.undo(item_id, who="Li")
    item = catalogue.get(item_id)
    assert (item["brand"], item.values["brand"].source, item.values["brand"].who) == ("Alpro", "person", "Wang")
    catalogue.undo(item_id, who="Li")
    item = catalogue.get(item_id)
    assert (item["brand"], item.values["brand"].source, item.sku) == (
        "OATLY!",
        "model",
        "S1",
    )  # what the model says now
    with pytest.raises(BadInput, match="undo"):
        catalogue.undo(item_id, who="Li")
    undone = [line for line in catalogue.history(item_id) if line.undoes]
    assert len(undone) == 3


def test_two_records_of_an_item_can_be_compared(catalogue):
    item_id = added(catalogue)
    catalogue.save(item_id, record(brand=value("Oatly"), name=value("Milk")))
    catalogue.save(item_id, record(brand=value("Alpro"), name=value("Milk")))
    assert [(d.field, d.old, d.new) for d in catalogue.diff(item_id, 1, 2)] == [("brand", "Oatly", "Alpro")]
    with pytest.raises(NotFound):
        catalogue.diff(item_id, 1, 3)


# the same request again


def test_the_same_request_under_one_key_is_done_once(catalogue):
    first = catalogue.add([incoming()], who="Li", key="k1")
    again = catalogue.add([incoming()], who="Li", key="k1")
    assert (again.id, again.again, first.again) == (first.id, True, False)
    saved = catalogue.save(first.id, record(), key="k2")
    assert catalogue.save(first.id, record(), key="k2").number == saved.number == 1
    assert len(catalogue.list().items) == 1 and catalogue.get(first.id).records_count == 1
    with pytest.raises(AlreadyThere, match="key"):
        catalogue.add([incoming(b"other")], who="Li", key="k1")


def test_one_key_sent_by_six_at_once_adds_one_item(catalogue):
    with_key = [threading.Thread(target=lambda: catalogue.add([incoming()], who="Li", key="k")) for _ in range(6)]
    for thread in with_key:
        thread.start()
    for thread in with_key:
        thread.join()
    assert len(catalogue.list().items) == 1


def test_an_external_id_is_one_items(catalogue):
    added(catalogue, external_id="A-1")
    with pytest.raises(AlreadyThere, match="A-1"):
        added(catalogue, b"other", external_id="A-1")
    other = added(catalogue, b"other")
    with pytest.raises(AlreadyThere, match="A-1"):
        catalogue.edit(other, {"item.external_id": "A-1"}, who="Li")
    assert catalogue.find_id("A-1") != other and catalogue.find_id(other[:8]) == other


# lists


def test_pages_neither_repeat_nor_skip_while_items_come_and_go(catalogue):
    ids = [added(catalogue, b"%d" % n) for n in range(10)]
    seen, after = [], ""
    while after is not None:
        page = catalogue.list(after=after, limit=3)
        seen += [head.id for head in page.items]
        after = page.next
        added(catalogue, b"new %d" % len(seen))
        if len(seen) == 3:
            catalogue.forget(ids[5], who="Li")
    assert seen == [item_id for item_id in reversed(ids) if item_id != ids[5]]


@pytest.mark.parametrize("cursor", ["x", "AAAA", "eyJhIjoxfQ", "💥", "bnVsbA"])
def test_a_cursor_that_is_none_is_refused(catalogue, cursor):
    with pytest.raises(BadInput, match="cursor"):
        catalogue.list(after=cursor)


def test_who_asks_what_changed_misses_nothing_while_many_write(catalogue):
    ids = [added(catalogue, b"%d" % n) for n in range(4)]
    seen: dict[str, int] = {}
    last = 0
    writers = [
        threading.Thread(target=lambda i=i: [catalogue.edit(i, {"brand": f"b{n}"}, who="Li") for n in range(15)])
        for i in ids
    ]
    for writer in writers:
        writer.start()
    while True:
        alive = any(writer.is_alive() for writer in writers)
        changes = catalogue.changed_since(last, limit=3)
        seen |= {head.id: head.version for head in changes.items}
        last = changes.last
        if not alive and not changes.items:
            break
    assert seen == {item_id: 16 for item_id in ids}


def test_who_asks_what_changed_learns_what_is_gone(catalogue):
    kept, hidden, forgot = (added(catalogue, b"%d" % n) for n in range(3))
    last = catalogue.changed_since(0).last
    catalogue.hide(hidden, who="Li")
    catalogue.forget(forgot, who="Li")
    catalogue.edit(kept, {"brand": "Alpro"}, who="Li")
    changes = catalogue.changed_since(last)
    assert [head.id for head in changes.items] == [kept] and changes.gone == [hidden, forgot]
    assert [head.id for head in catalogue.changed_since(last, also=["hidden"]).items] == [hidden, kept]


# what is not shown


def test_hidden_items_are_nowhere_unless_asked_for(catalogue):
    item_id = added(catalogue, external_id="A-1")
    catalogue.hide(item_id, who="Li", why="未发布")
    refused = [
        lambda: catalogue.get(item_id),
        lambda: catalogue.history(item_id),
        lambda: catalogue.edit(item_id, {"brand": "Alpro"}, who="Li"),
        lambda: catalogue.undo(item_id, who="Li"),
        lambda: catalogue.record(item_id, 1),
        lambda: catalogue.find_id("A-1"),
        lambda: catalogue.get(item_id, also=["sensitive"]),
    ]
    for ask in refused:
        with pytest.raises(NotFound):
            ask()
    assert catalogue.list().items == [] and len(catalogue.list(also=["hidden"]).items) == 1
    assert catalogue.get(item_id, also=["hidden"]).visibility == "hidden"
    catalogue.show(item_id, who="Li")
    assert catalogue.get(item_id).visibility == "shown"


def test_a_sensitive_finding_locks_the_item_until_a_person_decides_otherwise(catalogue):
    item_id = added(catalogue)
    catalogue.save(item_id, record(sensitive=True))
    assert catalogue.list().items == []
    assert catalogue.get(item_id, also=["sensitive"]).visibility == "sensitive"
    assert catalogue.history(item_id, also=["sensitive"])[0].new == "sensitive"
    catalogue.show(item_id, who="Li")
    catalogue.save(item_id, record(sensitive=True))
    assert catalogue.get(item_id).visibility == "shown"


def test_hiding_can_be_undone(catalogue):
    item_id = added(catalogue)
    catalogue.save(item_id, record(sensitive=True))
    catalogue.show(item_id, who="Li")
    catalogue.undo(item_id, who="Li")
    assert catalogue.get(item_id, also=["sensitive"]).visibility == "sensitive"


# forgetting


def test_a_forgotten_item_leaves_nothing_but_pictures_that_others_show(catalogue, database):
    first = catalogue.add([incoming(b"own"), incoming(b"shared")], who="Li").id
    added(catalogue, b"shared")
    catalogue.save(first, record(brand=value("Alpro")))
    catalogue.forget(first, who="Li")
    with pytest.raises(NotFound):
        catalogue.content(hashlib.sha256(b"own").hexdigest())
    assert catalogue.content(hashlib.sha256(b"shared").hexdigest()) == b"shared"
    with database.read() as connection:
        for table, column in (
            (items, "id"),
            (records, "item_id"),
            (item_values, "item_id"),
            (field_history, "item_id"),
        ):
            assert connection.execute(sa.select(table).where(table.c[column] == first)).all() == []
        verbs = connection.scalars(sa.select(audit.c.verb).where(audit.c.about == first).order_by(audit.c.id)).all()
    assert verbs == ["add", "forget"]
    with pytest.raises(NotFound):
        catalogue.save(first, record())


def test_forgetting_and_adding_the_same_bytes_at_once_never_loses_them(catalogue):
    for _ in range(15):
        item_id = added(catalogue)
        both = [
            threading.Thread(target=lambda i=item_id: catalogue.forget(i, who="Li")),
            threading.Thread(target=lambda: added(catalogue)),
        ]
        for thread in both:
            thread.start()
        for thread in both:
            thread.join()
        assert catalogue.content(hashlib.sha256(b"milk").hexdigest()) == b"milk"
        for head in catalogue.list().items:
            catalogue.forget(head.id, who="Li")
