"""Does a page stand still and answer at once, with many items in it? In Chromium, as a reader sees it.

    python benchmarks/scrolling.py [--items 10000] [--scroll-s 60]

Fills a catalogue as `pages.py` does, serves it, and opens every page: what moved after it was drawn (layout shift, of
which 0.1 is called good on the web), the longest task of the main thread. Then it turns the wheel through the
catalogue, its table and the album, and touches what answers: the slider of sizes, the arrow keys, the search for a
word. Pictures are the project's samples. The baseline, in the same run, is a page of such tiles and nothing else.
Issue 6 asks for no layout shift, no task above 100 ms and reactions within 100 ms. Needs Chromium.
"""

import argparse
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn
from told import ROOT, tell

sys.path.insert(0, str(ROOT / "tests"))

from browsing import chromium
from pages import fill

from tujian.api import create_app
from tujian.catalogue import Catalogue
from tujian.house import House
from tujian.settings import read_settings
from tujian.web.render import ROOMS

PORT = 7897
SAMPLES = sorted((ROOT / "src/tujian/data/samples").glob("*.jpg"))
SCROLLED = ("/catalogue", "/catalogue?view=table", "/album")
SETTLED_S = 1.5  # a page is looked at so long after it was loaded
STEP_PX, STEP_S = 1_200, 0.1  # of the wheel: twelve screens a second
# what a page tells of itself; a shift within half a second of a key or a click is an answer, and not counted
OBSERVER = """
window.told = { shift: 0, longest: 0, slowest: 0, answers: [] };
const watch = (type, take, more) => new PerformanceObserver((seen) => seen.getEntries().forEach(take))
  .observe({ type, buffered: true, ...more });
watch("layout-shift", (one) => { if (!one.hadRecentInput) told.shift += one.value; });
watch("longtask", (one) => { told.longest = Math.max(told.longest, one.duration); });
watch("event", (one) => { told.answers.push([one.name, one.duration]); }, { durationThreshold: 16 });
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=10_000, help="products, and as many photos")
    parser.add_argument("--scroll-s", type=float, default=60, help="seconds a page is scrolled at most")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, served(folder, asked.items) as url, chromium() as browser:
        context = browser.new_context(viewport={"width": 1280, "height": 900}, base_url=url)
        context.add_init_script(OBSERVER)
        context.route("**/thumbnail*", lambda route: route.fulfill(path=picture(route.request.url)))
        page = context.new_page()
        opened = {address: visit(page, address) for address, _ in ROOMS}
        scrolled = {address: scroll(page, address, asked.scroll_s) for address in SCROLLED}
        answers = {name: answered(page, touch) for name, touch in TOUCHES.items()}
        tell(
            items=asked.items,
            shift={address: told["shift"] for address, told in opened.items()},
            longest_task_ms={address: told["longest"] for address, told in opened.items()},
            scrolled=scrolled,
            answer_ms=answers,
            baseline=bare(page, asked.scroll_s / 4),
        )
        context.close()


@contextmanager
def served(folder: str, count: int) -> Iterator[str]:
    house = House(read_settings(home=folder, lang="zh", engine="none"))
    fill(Catalogue.opened(house.settings, house.database, house.tasks), count)
    server = uvicorn.Server(uvicorn.Config(create_app(house), port=PORT, log_level="warning"))
    serving = threading.Thread(target=server.run)
    serving.start()
    while not server.started:
        time.sleep(0.05)
    yield f"http://127.0.0.1:{PORT}"
    server.should_exit = True
    serving.join()


def picture(url: str) -> Path:
    return SAMPLES[sum(url.encode()) % len(SAMPLES)]


def visit(page: Any, address: str) -> dict[str, Any]:
    page.goto(address)
    page.wait_for_timeout(1000 * SETTLED_S)
    return told(page)


def told(page: Any) -> dict[str, Any]:
    seen = page.evaluate("({ shift: told.shift, longest: told.longest })")
    return {"shift": round(seen["shift"], 4), "longest": round(seen["longest"])}


def scroll(page: Any, address: str, most_s: float) -> dict[str, Any]:
    """Down to the end, or as far as the wheel comes in the time."""
    visit(page, address)
    begun, at, still = time.monotonic(), -1, 0
    page.mouse.move(640, 500)
    while time.monotonic() - begun < most_s and still < 20:
        page.mouse.wheel(0, STEP_PX)
        page.wait_for_timeout(1000 * STEP_S)
        now = page.evaluate("Math.round(scrollY)")
        at, still = now, still + 1 if now == at else 0
    count = page.evaluate("document.querySelectorAll('main img').length")
    return {**told(page), "px": at, "pictures": count, "s": round(time.monotonic() - begun, 1)}


def slide(page: Any) -> None:
    page.goto("/catalogue")
    slider = page.locator("input[type=range]").first
    slider.focus()
    for _ in range(8):
        page.keyboard.press("ArrowRight")
        page.wait_for_timeout(60)


def step(page: Any) -> None:
    page.goto("/catalogue")
    page.locator("main a:has(img)").first.focus()
    for _ in range(12):
        page.keyboard.press("Tab")


def type_words(page: Any) -> None:
    page.goto("/search")
    box = page.locator("main input[type=search], main textarea, main input[name=q]").first
    box.click()
    page.keyboard.type("红色连衣裙", delay=40)


TOUCHES: dict[str, Callable[[Any], None]] = {"slider of sizes": slide, "keys": step, "typing": type_words}


def answered(page: Any, touch: Callable[[Any], None]) -> float:
    """The slowest answer to what was touched, in milliseconds up to the next picture on the screen."""
    touch(page)
    page.wait_for_timeout(300)
    return max((duration for _, duration in page.evaluate("told.answers")), default=0.0)


def bare(page: Any, most_s: float) -> dict[str, Any]:
    """Tiles of the same pictures and nothing else."""
    tiles = "".join(f'<img src="/x{n}/thumbnail" width="200" height="200" loading="lazy">' for n in range(2_000))
    page.goto("/login")
    page.set_content(f"<main>{tiles}</main>")
    begun = time.monotonic()
    while time.monotonic() - begun < most_s:
        page.mouse.wheel(0, STEP_PX)
        page.wait_for_timeout(1000 * STEP_S)
    return told(page)


if __name__ == "__main__":
    main()
