"""Photographs every page with the project's own samples on it, in both languages, for the README and to be looked at.

    python scripts/take_screens.py [--url URL] [--out DIR]

Enters: a running Tujian at --url, or one started here without an engine, with a home of its own that holds the samples.
Leaves: PNGs of at most 256 colours. Needs Chromium and the `test` extra. No other picture ever goes on a page.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import Image
from PIL.ExifTags import IFD, Base
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parents[1]
SAMPLES = ROOT / "src/tujian/data/samples"
TUJIAN = [sys.executable, "-c", "from tujian.cli import app; app()"]
READY = "Tujian is ready at "  # cli/serving.py prints it once the models are loaded
ANSWER_TIMEOUT_MS = 60_000  # the first picture also plans the networks, on a shared core
MOST_BYTES = 250_000
TASK = "product"
CHROMIUM = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass(frozen=True)
class Shot:
    """One screenshot: how the page is set, what is dropped on it; the first sample is the one on the plate.

    `from_top` is a selector: what stands at the upper edge, once the page is long enough to be scrolled.
    """

    name: str
    lang: str
    theme: str
    size_px: tuple[int, int]
    samples: tuple[str, ...]
    from_top: str = "body"


SHOTS = (
    Shot("plate-zh-light", "zh", "light", (1280, 800), ("milk-side.jpg",)),
    Shot("plate-en-dark", "en", "dark", (1280, 800), ("biscuits.jpg", "juice.jpg", "shampoo.jpg"), "#strip"),
    Shot("phone-zh", "zh", "light", (390, 844), ("biscuits.jpg",)),
)


PAGES = {  # name of the picture: address
    "chat": "/chat",
    "catalogue": "/catalogue",
    "table": "/catalogue?view=table",
    "item": "/catalogue/{item}",
    "album": "/album",
    "search": "/search?q={question}",
    "review": "/review",
    "import": "/import",
    "check": "/check",
    "export": "/export",
    "overview": "/overview",
    "tasks": "/tasks",
    "task": "/tasks/product",
    "models": "/models",
    "settings": "/settings",
}
QUESTIONS = {"zh": "30元以下的饼干", "en": "biscuits under 30"}
WITHOUT_PLACES = """() => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node; (node = walker.nextNode()); ) node.data = node.data.replace(/\\/tmp\\/[^\\/\\s]+/g, "~");
}"""  # where the server's home happens to lie is nobody's business
SHOWN_PX = (1280, 800)
LOOKED_AT = "biscuits"  # the title's beginning of the item that is shown alone


def main() -> None:
    parser = argparse.ArgumentParser(description="Photographs the page with the project's own samples on it.")
    parser.add_argument("--url", help="a running Tujian (default: one is started)")
    parser.add_argument("--out", type=Path, default=ROOT / "docs/screens", help="folder for the pictures")
    chosen = parser.parse_args()
    chosen.out.mkdir(parents=True, exist_ok=True)
    with _serving(chosen.url) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=CHROMIUM)
        for shot in SHOTS:
            _save(_photograph(browser, url, shot), chosen.out / f"{shot.name}.png")
        for lang in QUESTIONS:
            _visit(browser, url, lang, chosen.out)
        browser.close()


@contextmanager
def _serving(url: str | None) -> Iterator[str]:
    """The address of the page: the one given, or that of a server which lives as long as the block."""
    if url:
        yield url
        return
    with tempfile.TemporaryDirectory() as home:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("TUJIAN_")}
        settings = kept | {"TUJIAN_HOME": home, "TUJIAN_ENGINE": "none"}
        for kind, folder in _sorted(Path(home) / "samples").items():
            subprocess.run([*TUJIAN, "import", str(folder), "--kind", kind], env=settings, check=True)
        server = subprocess.Popen(
            [*TUJIAN, "serve", "--port", "0"],
            env=settings,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            yield _wait_until_ready(server)
        finally:
            server.terminate()
            server.wait(timeout=20)


def _sorted(folder: Path) -> dict[str, Path]:
    """The samples as a shop's; and some as a family's, each photographed in another month."""
    shop, family = folder / "shop", folder / "family"
    for each in (shop, family):
        each.mkdir(parents=True)
    for place, sample in enumerate(sorted(SAMPLES.glob("*.jpg"))):
        shutil.copy2(sample, shop / sample.name)
        taken = Image.Exif()
        taken.get_ifd(IFD.Exif)[Base.DateTimeOriginal] = f"2026:{1 + place % 4 * 3:02}:{10 + place} 10:15:00"
        with Image.open(sample) as picture:
            picture.save(family / f"IMG_{place + 1:04}.jpg", quality=90, exif=taken)
    return {"product": shop, "photo": family}


def _visit(browser: Browser, url: str, lang: str, out: Path) -> None:
    """Every page as it is when somebody comes to it."""
    context = browser.new_context(viewport={"width": SHOWN_PX[0], "height": SHOWN_PX[1]}, reduced_motion="reduce")
    context.add_cookies(
        [{"name": name, "value": value, "url": url} for name, value in (("lang", lang), ("theme", "light"))]
    )
    page = context.new_page()
    listed = page.request.get(f"{url}/v1/items?limit=100").json()["items"]
    item = next((one["id"] for one in listed if LOOKED_AT in one["title"].lower()), listed[0]["id"])
    for name, address in PAGES.items():
        page.goto(url + address.format(item=item, question=QUESTIONS[lang]))
        page.wait_for_load_state("networkidle")
        page.evaluate("() => document.fonts.ready")
        page.evaluate(WITHOUT_PLACES)
        _save(page.screenshot(), out / f"{name}-{lang}.png")
    context.close()


def _wait_until_ready(server: subprocess.Popen[str]) -> str:
    assert server.stdout is not None  # it was opened as a pipe
    for line in server.stdout:
        if line.startswith(READY):
            return line.removeprefix(READY).strip()
    raise SystemExit("The server ended before it was ready: run `tujian doctor`.")


def _photograph(browser: Browser, url: str, shot: Shot) -> bytes:
    """The page once every sample has been read and its lines are drawn."""
    width, height = shot.size_px
    context = browser.new_context(viewport={"width": width, "height": height}, reduced_motion="reduce")
    context.add_cookies([{"name": "theme", "value": shot.theme, "url": url}])
    page = context.new_page()
    page.set_default_timeout(ANSWER_TIMEOUT_MS)
    page.goto(f"{url}/?lang={shot.lang}")
    _drop(page, [SAMPLES / name for name in shot.samples])
    page.wait_for_function(
        "count => document.querySelectorAll('.thumb.is-done').length === count", arg=len(shot.samples)
    )
    page.wait_for_selector(".stage .value")
    page.wait_for_function("() => document.querySelector('.frame img')?.naturalWidth")
    page.evaluate("() => document.fonts.ready")
    page.evaluate("selector => document.querySelector(selector).scrollIntoView()", shot.from_top)
    page.mouse.move(1, 1)
    picture = page.screenshot()
    context.close()
    return picture


def _drop(page: Page, pictures: list[Path]) -> None:
    """The page listens once its tasks are listed. Packs are asked about as products."""
    page.wait_for_function("() => document.querySelectorAll('#task option').length > 1")
    page.select_option("#task", TASK)
    page.set_input_files("#files", pictures)


def _save(png: bytes, path: Path) -> None:
    """A palette PNG. Raises SystemExit where it is still too large for a README."""
    picture = Image.open(BytesIO(png)).convert("RGB")
    picture.quantize(256, Image.Quantize.MEDIANCUT, dither=Image.Dither.FLOYDSTEINBERG).save(path, optimize=True)
    if path.stat().st_size > MOST_BYTES:
        raise SystemExit(f"{path.name} has {path.stat().st_size} bytes, more than {MOST_BYTES}: show less on it.")


if __name__ == "__main__":
    main()
