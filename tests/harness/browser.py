"""A real Chromium, driven by Playwright, and the sign-in of a staff user in it."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page, Playwright, sync_playwright

#: Programs that are a Chromium, in the order in which they are looked for.
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")

#: For pages of one origin: no process for the graphics that no window shows, and as few for pages
#: as can be. A page then takes 8 % less CPU.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--in-process-gpu",
    "--renderer-process-limit=1",
)

#: How long a page may take on a busy machine before its test fails.
PAGE_TIMEOUT_MS = 120_000

#: Window sizes that every page of the admin is made for.
DESKTOP = (1440, 900)
#: The narrowest that has the sidebar beside the page.
LAPTOP = (1280, 800)
TELEPHONE = (390, 844)

#: Makes an error of the page out of all content that its security policy refuses.
FAIL_ON_REFUSED_CONTENT = (
    "addEventListener('securitypolicyviolation',"
    " (event) => { throw new Error(`${event.effectiveDirective} ${event.blockedURI}`) })"
)


def chromium_path() -> str | None:
    """Return the path of this machine's Chromium, or None where there is none."""
    return next(filter(None, map(shutil.which, CHROMIUM)), None)


@contextmanager
def running_chromium() -> Iterator[Browser]:
    """Run a Playwright and a Chromium without a window; a process has one Playwright at a time."""
    with sync_playwright() as playwright, launched_chromium(playwright) as browser:
        yield browser


@contextmanager
def launched_chromium(playwright: Playwright, *arguments: str) -> Iterator[Browser]:
    """Run another Chromium; ``arguments`` are further ones of its command line."""
    browser = playwright.chromium.launch(
        executable_path=chromium_path(),
        args=[*FLAGS, *arguments],
    )
    try:
        yield browser
    finally:
        browser.close()


def open_page(browser: Browser, base_url: str) -> Page:
    """Open a page in a context of its own, which waits as long as a busy machine takes."""
    page = browser.new_page(base_url=base_url)
    page.set_default_timeout(PAGE_TIMEOUT_MS)
    return page


def sign_in(page: Page, username: str, password: str) -> None:
    """Sign in at the admin's own form, and wait for the page of today."""
    page.goto("/admin/login/")
    page.fill("input[name=username]", username)
    page.fill("input[name=password]", password)
    page.click("button[type=submit]")
    page.wait_for_url("**/admin/")
