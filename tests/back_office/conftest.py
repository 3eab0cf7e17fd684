"""Staff users in a real Chromium, at a Django that serves this test's own database.

Pytest reads this file before the settings exist, so everything of Django's is imported late.
"""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Page,
    Playwright,
    expect,
    sync_playwright,
)

from tests.back_office.sign_in import PASSWORD, SignIn
from tests.harness.browser import (
    DESKTOP,
    FAIL_ON_REFUSED_CONTENT,
    PAGE_TIMEOUT_MS,
    launched_chromium,
)

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from pytest_django import Settings
    from pytest_django.live_server_helper import LiveServer


# Of the folder, not of the run: a process that has a Playwright can run no other loop.
@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    # Playwright's loop runs in this thread, which Django takes for one that must not block.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    expect.set_options(timeout=PAGE_TIMEOUT_MS)
    with sync_playwright() as playwright:
        yield playwright
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture(scope="package")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    # All pages of one context in one process: see _open_page.
    with launched_chromium(playwright, "--process-per-site") as browser:
        yield browser


@pytest.fixture
def signed_in(
    chromium: Browser, live_server: "LiveServer", settings: "Settings"
) -> Iterator[SignIn]:
    """Yield the way to sign in; data come from ``tests.harness.data`` as in any other test."""
    from tests.harness.staff_sessions import begin_session

    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    with ExitStack() as stack:

        def _sign_in(
            *permissions: str,
            group: str = "",
            username: str = "ana",
            size: tuple[int, int] = DESKTOP,
            opens_today: bool = True,
        ) -> Page:
            session = begin_session(_add_staff_user(username, permissions, group))
            page = _open_page(stack, chromium, live_server.url)
            name, url = settings.SESSION_COOKIE_NAME, live_server.url
            page.context.add_cookies([{"name": name, "value": session, "url": url}])
            page.set_viewport_size({"width": size[0], "height": size[1]})
            page.add_init_script(FAIL_ON_REFUSED_CONTENT)
            page.on("pageerror", lambda error: pytest.fail(f"{page.url}: {error}"))
            if opens_today:
                page.goto("/admin/")
            return page

        yield _sign_in


def _open_page(stack: ExitStack, chromium: Browser, url: str) -> Page:
    """Open a page without cookies: the first of each test beside one that stays open all the time.

    With that one it shares its process, scripts and styles; to load and compile them anew takes
    twice the CPU. Any further page of a test is in a context, and so in a process, of its own.
    """
    shared = chromium.contexts[0] if chromium.contexts else _new_context(chromium, url)
    if not shared.pages:
        shared.new_page().goto("/health")
    if len(shared.pages) == 1:
        context = shared
        context.clear_cookies()
        stack.callback(_close_all_but_the_first, context)
    else:
        context = _new_context(chromium, url)
        stack.callback(context.close)
    page = context.new_page()
    stored = {"origin": url, "storageTypes": "local_storage"}
    context.new_cdp_session(page).send("Storage.clearDataForOrigin", stored)
    return page


def _new_context(chromium: Browser, url: str) -> BrowserContext:
    width, height = DESKTOP
    context = chromium.new_context(base_url=url, viewport={"width": width, "height": height})
    context.set_default_timeout(PAGE_TIMEOUT_MS)
    return context


def _close_all_but_the_first(context: BrowserContext) -> None:
    for page in context.pages[1:]:
        page.close()


def _add_staff_user(username: str, permissions: tuple[str, ...], group: str) -> "User":
    from django.contrib.auth.models import Permission, User

    from core_site.demo.staff import load_groups

    user = User.objects.create_user(
        username, password=PASSWORD, is_staff=True, is_superuser=permissions == ("*",)
    )
    wanted = {tuple(permission.split(".")) for permission in permissions if permission != "*"}
    found = Permission.objects.filter(codename__in=[codename for _, codename in wanted])
    granted = [row for row in found.select_related("content_type")
               if (row.content_type.app_label, row.codename) in wanted]  # fmt: skip
    assert len(granted) == len(wanted), wanted
    user.user_permissions.set(granted)
    if group:
        user.groups.add(load_groups()[group])
    return user
