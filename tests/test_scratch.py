"""Temporary files: one folder, closed to others, wiped at the start, and only what is ours. area "hostile input" """

import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tujian.scratch import LOCK, scratch_folder


@pytest.fixture(autouse=True)
def _system_temp(tmp_path, monkeypatch):
    (tmp_path / "system").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "system"))


def abandoned(place: Path, name: str = "tujian-old", mode: int = 0o700) -> Path:
    """As a server that was killed leaves it."""
    folder = place / name
    folder.mkdir(parents=True)
    folder.chmod(mode)
    (folder / LOCK).touch()
    (folder / "upload").write_bytes(b"a picture")
    return folder


def test_it_is_closed_to_others_used_by_libraries_and_gone_at_the_end(tmp_path):
    before = tempfile.gettempdir()
    with scratch_folder(tmp_path / "home") as folder:
        assert folder.parent == tmp_path / "home" / "tmp"
        assert stat.S_IMODE(folder.stat().st_mode) == stat.S_IMODE(folder.parent.stat().st_mode) == 0o700
        with tempfile.NamedTemporaryFile(delete=False) as file:
            assert Path(file.name).parent == folder
    assert not folder.exists() and tempfile.gettempdir() == before


def test_what_a_killed_server_left_is_wiped_in_both_places(tmp_path):
    left = [abandoned(tmp_path / "home" / "tmp"), abandoned(tmp_path / "system")]
    with scratch_folder(tmp_path / "home"):
        assert not any(folder.exists() for folder in left)


def test_what_another_server_holds_what_others_own_and_links_stay(tmp_path):
    code = "import pathlib, sys, time, tujian.scratch as s\nwith s.scratch_folder(pathlib.Path(sys.argv[1])) as f:"
    code += "\n print(f, flush=True)\n time.sleep(60)"
    other = subprocess.Popen([sys.executable, "-c", code, str(tmp_path / "home")], stdout=subprocess.PIPE, text=True)
    try:
        assert other.stdout
        held = Path(other.stdout.readline().strip())
        foreign = abandoned(tmp_path / "home" / "tmp", "somebody-else")
        unlocked = tmp_path / "home" / "tmp" / "tujian-notes"
        unlocked.mkdir(mode=0o700)
        open_to_all = abandoned(tmp_path / "system", mode=0o755)
        target = abandoned(tmp_path / "target", "precious")
        link = tmp_path / "system" / "tujian-link"
        link.symlink_to(target)
        with scratch_folder(tmp_path / "home"):
            assert held.exists() and foreign.exists() and unlocked.exists() and open_to_all.exists() and link.exists()
            assert (target / "upload").read_bytes() == b"a picture"
    finally:
        other.kill()
        other.wait()
    with scratch_folder(tmp_path / "home"):
        assert not held.exists()  # now nobody holds it


def test_a_state_folder_that_cannot_be_written_sends_it_to_the_systems_place(tmp_path):
    (tmp_path / "home").write_text("a file where a folder should be")
    with scratch_folder(tmp_path / "home") as folder:
        assert folder.parent == tmp_path / "system" and stat.S_IMODE(folder.stat().st_mode) == 0o700
