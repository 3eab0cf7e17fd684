"""The type of the fixture ``signed_in``."""

from typing import Protocol

from playwright.sync_api import Page

from tests.harness.browser import DESKTOP


class SignIn(Protocol):
    """Open a browser in which a new staff user with these permissions has signed in.

    Permissions are ``app.codename``; ``"*"`` is every permission. ``group`` is one of the demo's
    groups, such as Finance. Each call is a browser of its own. An error of a script on the page,
    and content that its security policy refuses, fails the test.
    """

    def __call__(
        self,
        *permissions: str,
        group: str = "",
        username: str = "ana",
        size: tuple[int, int] = DESKTOP,
    ) -> Page: ...
