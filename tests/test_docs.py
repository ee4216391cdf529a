"""What the documents say is so: the commands run, the files are there, the container file is sane."""

import json
import os
import re
import shlex
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
READMES = ("README.md", "README.zh-CN.md")


def commands(name: str) -> list[str]:
    blocks = re.findall(r"```bash\n(.*?)```", (ROOT / name).read_text("utf-8"), re.DOTALL)
    return [line.split("  #")[0].strip() for block in blocks for line in block.splitlines() if line.strip()]


@pytest.mark.parametrize("name", READMES)
def test_the_readme_has_the_two_commands_first(name):
    assert commands(name)[:2] == ["./start.sh", "./test.sh"]
    for script in ("start.sh", "test.sh", ".ci/run"):
        assert os.access(ROOT / script, os.X_OK)
        assert subprocess.run(["bash", "-n", ROOT / script], check=False).returncode == 0


@pytest.mark.parametrize("name", READMES)
def test_every_file_that_the_readme_names_is_there(name):
    text = (ROOT / name).read_text("utf-8")
    for target in re.findall(r"\]\(([^)#:]+)\)", text) + re.findall(r"^(src/\S+\.py)", text, re.M):
        assert (ROOT / target).exists(), target


@pytest.mark.parametrize("name", READMES)
def test_the_command_line_of_the_readme_runs(name, tmp_path):
    line = next(c for c in commands(name) if "tujian recognise" in c)
    args = shlex.split(line)[1:]
    args[1] = str(ROOT / args[1] / "juice.jpg")
    environment = {**os.environ, "TUJIAN_HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-m", "tujian", *args], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0 and "1" in done.stderr, done.stderr


@pytest.mark.services
def test_the_curl_of_the_readme_runs_as_printed(tmp_path):
    line = next(c for c in commands("README.md") if c.startswith("curl"))
    server = subprocess.Popen(
        [sys.executable, "-m", "tujian", "serve", "--port", "0"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env={**os.environ, "TUJIAN_HOME": str(tmp_path)},
    )  # fmt: skip
    try:
        assert server.stdout is not None
        url = server.stdout.readline().split()[-1]
        command = shlex.split(line.replace("http://localhost:7860", url))
        done = subprocess.run([*command, "--silent"], cwd=ROOT, capture_output=True, text=True, check=True)
        assert json.loads(done.stdout)["success"] is True
        with urllib.request.urlopen(f"{url}/", timeout=10) as page:
            assert "图鉴" in page.read().decode()
    finally:
        server.terminate()
        server.wait(20)


def test_the_container_file_uses_what_is_there():
    lines = (ROOT / "Dockerfile").read_text("utf-8")
    for copied in re.findall(r"^COPY (.+) \./?\S*$", lines, re.M):
        for name in copied.split():
            assert (ROOT / name).exists(), name
    assert re.search(r"^USER (?!root)", lines, re.M) and re.search(r"^VOLUME ", lines, re.M) and "EXPOSE 7860" in lines
    assert "--require-hashes" in lines and lines.count("\nVOLUME") == 1


def test_every_setting_that_the_readme_names_exists():
    from tujian.settings import Settings

    named = set(re.findall(r"TUJIAN_([A-Z_]+)", (ROOT / "README.md").read_text("utf-8")))
    assert {name.lower() for name in named} <= set(Settings.model_fields)
    assert len(Settings.model_fields) <= 25


def test_every_dependency_is_explained():
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    wanted = re.findall(r'^    "([a-z0-9-]+)', project.split("dependencies = [")[1].split("]")[0], re.M)
    told = (ROOT / "docs/decisions.md").read_text("utf-8")
    assert [name for name in wanted if name not in told and name != "numpy"] == []
