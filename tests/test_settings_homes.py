"""Whose settings.toml is read: that of the home which is meant. req: A2"""

from tujian.settings import origins, read_settings


def test_a_home_that_is_chosen_brings_its_own_file(tmp_path, monkeypatch):
    mine, other = tmp_path / "mine", tmp_path / "other"
    for home, port in ((mine, 9001), (other, 9002)):
        home.mkdir()
        (home / "settings.toml").write_text(f"port = {port}\n", "utf-8")
    monkeypatch.setenv("TUJIAN_HOME", str(other))
    assert read_settings().port == 9002
    chosen = read_settings(home=mine)
    assert (chosen.port, chosen.home_dir) == (9001, mine)
    told = origins(chosen)
    assert (told["port"], told["home"]) == ("file", "command")
    assert origins(read_settings())["home"] == "environment"


def test_a_home_without_a_file_takes_nothing_from_another(tmp_path, monkeypatch):
    (tmp_path / "settings.toml").write_text("port = 9002\n", "utf-8")
    monkeypatch.setenv("TUJIAN_HOME", str(tmp_path))
    assert read_settings(home=tmp_path / "fresh").port == 7860
