"""A backup is read back before it counts, and restores the same catalogue on either database. req: E4"""

import io
import tarfile

import pytest
from kept import incoming, open_catalogue, record, value

from tujian.backup import back_up, restore, verify
from tujian.catalogue.nouns import EVERYTHING
from tujian.database import open_database
from tujian.errors import BadInput


@pytest.fixture
def home(tmp_path):
    (tmp_path / "home" / "tasks").mkdir(parents=True)
    (tmp_path / "home" / "brands.txt").write_text("青藤里\n")
    (tmp_path / "home" / "settings.toml").write_text('token = "very-secret-token"\n')
    return tmp_path / "home"


@pytest.fixture
def filled(database, home):
    catalogue = open_catalogue(database, home)
    for number in range(3):
        item_id = catalogue.add([incoming(f"milk {number}".encode())], who="Li", sku=f"A-{number}").id
        catalogue.save(item_id, record(brand=value("ALPRO"), sensitive=number == 2))
        catalogue.edit(item_id, {"brand": "Oatly"}, who="Li", also=EVERYTHING)
    return catalogue


def shown(catalogue):
    return [catalogue.get(head.id, also=EVERYTHING).model_dump() for head in catalogue.list(also=EVERYTHING).items]


def test_what_was_backed_up_is_restored_with_history_pictures_and_hidden_items(filled, home, tmp_path):
    told = back_up(filled.database, home, tmp_path / "b.tar")
    assert (told.rows["items"], told.pictures, told.missing) == (3, 3, ())
    there = tmp_path / "there"
    database = open_database(there / "t.sqlite")
    assert restore(database, there, tmp_path / "b.tar").rows == told.rows
    again = open_catalogue(database, there)
    assert shown(again) == shown(filled)
    first = again.list().items[0].id
    assert again.history(first) == filled.history(first)
    assert again.content(again.get(first).pictures[0].sha256) == filled.content(filled.get(first).pictures[0].sha256)
    assert (there / "brands.txt").read_text() == "青藤里\n" and not (there / "settings.toml").exists()
    assert again.edit(first, {"brand": "Yoggi"}, who="Li") == 4  # its numbers go on
    database.close()


def test_a_backup_of_a_file_is_restored_on_another_kind_of_database(database, home, tmp_path):
    source = open_database(tmp_path / "source.sqlite")
    filled = open_catalogue(source, home)
    item_id = filled.add([incoming()], who="Li").id
    filled.edit(item_id, {"brand": "ALPRO"}, who="Li")
    back_up(source, home, tmp_path / "b.tar")
    restore(database, tmp_path / "new", tmp_path / "b.tar")
    again = open_catalogue(database, tmp_path / "new")
    assert shown(again) == shown(filled)
    assert again.edit(item_id, {"brand": "Oatly"}, who="Li") == 3
    source.close()


def test_a_task_may_be_called_as_its_owner_likes(filled, home, tmp_path):
    (home / "tasks" / "task (1) 我的.md").write_text("---\n")
    back_up(filled.database, home, tmp_path / "b.tar")
    there = tmp_path / "there"
    restore(open_database(there / "t.sqlite"), there, tmp_path / "b.tar")
    assert (there / "tasks" / "task (1) 我的.md").read_text() == "---\n"


def test_nothing_is_overwritten(filled, home, tmp_path):
    back_up(filled.database, home, tmp_path / "b.tar")
    with pytest.raises(BadInput, match="never overwrites"):
        back_up(filled.database, home, tmp_path / "b.tar")
    with pytest.raises(BadInput, match="not empty"):
        restore(filled.database, home, tmp_path / "b.tar")


def test_a_picture_that_is_gone_is_told_and_the_rest_is_kept(filled, home, tmp_path):
    sha256 = filled.list().items[0].cover
    (home / "pictures" / sha256[:2] / sha256[2:4] / sha256).unlink()
    told = back_up(filled.database, home, tmp_path / "b.tar")
    assert told.missing == (sha256,) and told.pictures == 2


def spoiled(path, change):
    content = bytearray(path.read_bytes())
    change(content)
    path.write_bytes(content)


@pytest.mark.parametrize(
    "change",
    [
        lambda content: content.__delitem__(slice(len(content) // 2, None)),
        lambda content: content.__setitem__(  # longer than what fills up an entry
            slice(len(content) // 3, len(content) // 3 + 600),
            bytes(byte ^ 1 for byte in content[len(content) // 3 : len(content) // 3 + 600]),
        ),
        lambda content: content.__setitem__(slice(0, 600), b"x" * 600),
        lambda content: content.clear(),
    ],
)
def test_a_file_that_was_cut_off_or_changed_restores_nothing(filled, home, tmp_path, change):
    back_up(filled.database, home, tmp_path / "b.tar")
    spoiled(tmp_path / "b.tar", change)
    database = open_database(tmp_path / "there" / "t.sqlite")
    with pytest.raises(BadInput):
        restore(database, tmp_path / "there", tmp_path / "b.tar")
    assert open_catalogue(database, tmp_path / "there").list().items == []
    database.close()


def test_a_backup_of_other_tables_is_refused_before_anything_is_written(filled, home, tmp_path, monkeypatch):
    monkeypatch.setattr("tujian.backup.HEAD", "9999")
    back_up(filled.database, home, tmp_path / "b.tar")
    monkeypatch.undo()
    there = tmp_path / "there"
    database = open_database(there / "t.sqlite")
    with pytest.raises(BadInput, match="9999"):
        restore(database, there, tmp_path / "b.tar")
    assert not (there / "pictures").exists() and not (there / "brands.txt").exists()
    database.close()


@pytest.mark.parametrize("name", ["../../etc/cron.d/x", "/etc/passwd", "own/../x", "pictures/../../x", "tables/items"])
def test_names_that_lead_elsewhere_are_refused(tmp_path, name):
    with tarfile.open(tmp_path / "b.tar", "w") as tar:
        entry = tarfile.TarInfo(name)
        entry.size = 1
        tar.addfile(entry, io.BytesIO(b"x"))
    with pytest.raises(BadInput, match="no whole backup"):
        verify(tmp_path / "b.tar")


def test_both_commands_tell_what_they_kept_in_one_line(tmp_path, monkeypatch, capsys):
    from typer.testing import CliRunner

    from tujian.cli.main import app

    run, file = CliRunner(), tmp_path / "b.tar"
    for home in ("one", "two"):
        monkeypatch.setenv("TUJIAN_HOME", str(tmp_path / home))
        command = ["backup", str(file)] if home == "one" else ["restore", str(file)]
        done = run.invoke(app, [*command, "--lang", "en"])
        assert (done.exit_code, done.stdout) == (0, "0 items, 0 pictures, 0.0 MB\n"), done.output
