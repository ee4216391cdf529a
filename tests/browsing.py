"""A browser for tests, and pages in it on which nothing may go wrong unseen."""

import shutil
from contextlib import contextmanager

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


@contextmanager
def chromium():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=CHROMIUM)
        yield launched
        launched.close()


def watched(page, timeout_ms: int = 8000) -> list[str]:
    """What goes wrong on a page from now on: script errors, refused scripts or styles, opened dialogs."""
    troubles: list[str] = []
    page.set_default_timeout(timeout_ms)
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("dialog", lambda dialog: (troubles.append(dialog.message), dialog.dismiss()))
    page.on("console", lambda told: "Content Security Policy" in told.text and troubles.append(told.text))
    return troubles


@contextmanager
def opened(browser, url: str, width: int = 1280, timeout_ms: int = 8000, **more):
    """A page of a context of its own; what went wrong on it fails the test."""
    with browser.new_context(viewport={"width": width, "height": 900}, base_url=url, **more) as context:
        page = context.new_page()
        troubles = watched(page, timeout_ms)
        yield page
        assert troubles == []


def fits_the_width(page):
    return page.evaluate("document.documentElement.scrollWidth <= innerWidth")
