"""Every word of the page exists in Chinese and in English, and no word is written anywhere else."""

import re
from html.parser import HTMLParser
from typing import get_args

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from page_server import canned_record

from tujian import batches
from tujian.bringing import foresight
from tujian.exchange import FORMS
from tujian.presets import presets
from tujian.records import Record, Source, Verdict
from tujian.settings import Settings
from tujian.web import Marks, page_router, static_dir
from tujian.web.render import HERE, ROOMS, EngineMark, Reader, read_words, render_page

ZH, EN = read_words("zh"), read_words("en")
SCRIPTS = sorted(static_dir.glob("*.js"))
TEMPLATE = "".join(path.read_text("utf-8") for path in sorted((HERE / "templates").glob("*.html")))
DRAWING = "".join(path.read_text("utf-8") for path in (*HERE.glob("*.py"), *(HERE.parent / "api").glob("*_pages.py")))
DRAWN = {  # spelled by the modules that draw pages
    "export_": [*FORMS, *(f"{form}_for" for form in FORMS)],
    "foresee_": get_args(foresight.State),
    "job_": [*get_args(batches.State), "failed"],
}
SCRIPT_TEXT = {path.name: path.read_text(encoding="utf-8") for path in SCRIPTS}
REMOTE: EngineMark = {"model": "qwen3-vl", "url": "https://key@models.example.com/v1", "remote": True}
SAMPLES = [{"file": "a b.png", "title_zh": "盒<子>", "title_en": "Box"}]
# Codes of the record's contract (issue 2): say(`verdict_${…}`) and the like are spelled from them.
CODES = {
    "verdict_": ["confirmed", "contradicted", "unchecked", "unseen", "human"],
    "state_": ["waiting", "reading", "busy", "done", "failed"],
    "source_": ["barcode", "ocr", "colour", "classifier", "face", "exif", "rule", "model", "person"],
    "theme_": ["auto", "light", "dark"],
    "fact_": ["format", "size", "taken_at", "gps", "camera", "nsfw", "notes"],
    "finish_": ["length", "loop", "stopped"],
    "csv_": ["picture", "field", "label", "value", "verdict", "confidence", "source", "quote", "box"],
}
NAMES_NOT_WORDS = {
    "tujian recognise",
    "--json",
    "tujian models pull qwen3-vl-2b",
    "tujian serve --engine-url",
    "tujian import",
    "tujian pending",
    "tujian import  --kind photo",
    "Enter",
    "e",
    "s",
    "u",  # keys
    "JSON",
    "CSV",
    "XLSX",
    "tujian backup",
    "tujian models use",
    "/openapi.json",
    "http://127.0.0.1:8080/v1",
    "api",
}  # a command is typed alike in every language


def without_comments(script):
    return re.sub(r"/\*.*?\*/|(?<!:)//[^\n]*", "", script, flags=re.S)


def words_asked_for():
    """Keys that the template and the scripts name, spelled-out ones and those made from a code."""
    template = set(re.findall(r"\bw\.(\w+)", TEMPLATE)) | set(re.findall(r'data-word(?:-\w+)?="(\w+)"', TEMPLATE))
    script = "\n".join(map(without_comments, SCRIPT_TEXT.values()))
    spelled = {key for call in re.findall(r"say\(([^`]*?)\)", script) for key in re.findall(r'"(\w+)"', call)}
    spelled |= set(re.findall(r'say\("(\w+)"', script))
    made = {start + code for start in re.findall(r"`(\w+_)\$\{", script) for code in CODES.get(start, [])}
    offered = {f"prompt_{one.name}" for one in presets()}  # the templates go through them
    entries = {name for _, name in ROOMS}
    drawn = {key for key in re.findall(r'"([a-z]+_[a-z_]+)"', DRAWING) if key in ZH}  # say a key, or raise KeyError
    drawn |= {start + code for start, codes in DRAWN.items() for code in codes}
    settings = {f"setting_{name}" for name in Settings.model_fields}  # the page goes through them
    return template | spelled | made | offered | entries | drawn | settings


def test_both_languages_have_the_same_keys():
    assert set(ZH) == set(EN)


@pytest.mark.parametrize("key", sorted(ZH))
def test_no_word_is_empty_and_the_parts_to_fill_in_agree(key):
    assert ZH[key].strip() and EN[key].strip()
    assert sorted(re.findall(r"\{\w+\}", ZH[key])) == sorted(re.findall(r"\{\w+\}", EN[key]))


def test_english_words_are_english():
    chinese = {key for key, word in EN.items() if re.search(r"[\u3400-\u9fff]", word)}
    assert chinese == {"brand_mark", "lang_other", "lang_switch"}  # the seal, and the way back to Chinese


def test_every_word_asked_for_is_there():
    assert words_asked_for() - set(ZH) == set()


def test_every_word_there_is_asked_for():
    assert set(ZH) - words_asked_for() == set()


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_scripts_hold_no_words_of_their_own(script):
    code = without_comments(SCRIPT_TEXT[script.name])
    assert re.findall(r'"[^"\n]*[\u3400-\u9fff][^"\n]*"', code) == []
    sentences = re.findall(r"\"[A-Z][a-z]+ [a-z]+[^\"\n]*\"|`[A-Z][a-z]+ [a-z]+[^`]*`", code)
    assert sentences == []
    assert re.findall(r"(?:textContent = |text: |placeholder: |\"aria-label\": |title: )\"[^\"]*[A-Za-z]", code) == []


class VisibleText(HTMLParser):
    """Collects what a person would read or hear: text nodes and spoken attributes."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_data(self, data):
        self.found.append(data.strip())

    def handle_starttag(self, tag, attrs):
        spoken = ("aria-label", "placeholder", "title", "alt")
        self.found += [value or "" for name, value in attrs if name in spoken]


def test_the_template_holds_no_words_of_its_own():
    reader = VisibleText()
    reader.feed(re.sub(r"\{[{%].*?[%}]\}", "", TEMPLATE))
    readable = {text for text in reader.found if re.search(r"[A-Za-z\u3400-\u9fff]", text)}
    assert readable <= NAMES_NOT_WORDS


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_no_script_writes_markup(script):
    """Text from pictures is foreign: it becomes text nodes, so nothing here may parse markup into the page."""
    forbidden = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|setAttribute\(\"style"
    assert re.findall(forbidden, SCRIPT_TEXT[script.name]) == []


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_page_speaks_its_language_without_inline_script_or_style(lang):
    page = render_page(Reader(lang), SAMPLES)
    assert f">{read_words(lang)['intake_title']}<" in page
    assert "built-in" not in page
    assert re.findall(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", page) == []
    assert re.findall(r"https?://(?!\.\.\.)[^\s\"<&]+\.\w+", page.replace(str(read_words(lang)), "")) == []


def test_titles_of_samples_are_escaped_and_their_files_quoted():
    page = render_page(Reader("zh"), SAMPLES)
    assert "盒&lt;子&gt;" in page
    assert 'src="/samples/a%20b.png"' in page


def test_a_remote_engine_is_named_by_host_and_its_key_is_not_shown():
    page = render_page(Reader("zh", engine=REMOTE), [])
    assert "models.example.com" in page and "key@" not in page
    assert ZH["hint_stays"] not in re.sub(r"<meta.*?>", "", page)


@pytest.fixture
def client():
    app = FastAPI()
    app.include_router(page_router(Settings(lang="zh"), Marks, []))
    return TestClient(app)


def test_language_is_the_querys_then_the_cookies_then_the_settings(client):
    assert 'data-lang="zh"' in client.get("/").text
    assert 'data-lang="en"' in client.get("/?lang=en").text
    assert 'data-lang="en"' in client.get("/").text
    assert 'data-lang="en"' in client.get("/?lang=klingon").text


def test_the_theme_cookie_reaches_the_first_paint_and_a_wrong_one_is_ignored(client):
    assert 'data-theme="dark"' in client.get("/", headers={"cookie": "theme=dark"}).text
    assert 'data-theme="auto"' in client.get("/", headers={"cookie": 'theme="><script>'}).text


def test_the_policy_allows_nothing_from_elsewhere_and_nothing_inline(client):
    policy = client.get("/").headers["content-security-policy"]
    assert "default-src 'self'" in policy and "unsafe" not in policy and "http" not in policy


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_record_that_the_pages_tests_draw_is_a_record(lang):
    assert Record.model_validate(canned_record(lang)).title.startswith("ALPINA")


def test_every_code_of_a_record_has_its_word():
    assert {f"verdict_{verdict}" for verdict in Verdict} <= set(ZH)
    assert {f"source_{source}" for source in get_args(Source)} <= set(ZH)
