"""Staff users of the tests in Chromium: the type of ``signed_in``, and clients of a role."""

from html.parser import HTMLParser
from typing import TYPE_CHECKING, Protocol

from playwright.sync_api import Page

from tests.harness.browser import DESKTOP

if TYPE_CHECKING:
    from django.test import Client

    from tests.harness.responses import ClientResponse

#: That of every staff user here.
PASSWORD = "a long one, for tests"


class SignIn(Protocol):
    """Open a browser in which a new staff user with these permissions has signed in.

    Permissions are ``app.codename``; ``"*"`` is every permission. ``group`` is one of the demo's
    groups, such as Finance. Each call is a page with the cookie of its own session only; it
    opens Today or, for a test that goes elsewhere at once, nothing. An error of a script on the
    page, and content that its security policy refuses, fails the test.
    """

    def __call__(
        self,
        *permissions: str,
        group: str = "",
        username: str = "ana",
        size: tuple[int, int] = DESKTOP,
        opens_today: bool = True,
    ) -> Page: ...


def client_of(group: str, *, username: str) -> "Client":
    """Return a signed-in client of a new staff user: for what a role is refused, without Chromium.

    Each page that Chromium loads costs a second of CPU.
    """
    from django.contrib.auth.models import User
    from django.test import Client

    from core_site.demo.staff import load_groups
    from tests.harness.staff_sessions import sign_in

    user = User.objects.create(username=username, is_staff=True)
    user.groups.add(load_groups()[group])
    client = Client()
    sign_in(client, user)
    return client


def links_of(page: "ClientResponse") -> dict[str, str]:
    """Return the addresses of a page's links by their names, as a screen reader says them."""
    reader = _LinkReader()
    reader.feed(page.content.decode())
    return reader.links


class _LinkReader(HTMLParser):
    """Collects links; their icons, which are hidden from screen readers, are no part of a name."""

    def __init__(self) -> None:
        super().__init__()
        self.links: dict[str, str] = {}
        self._address: str | None = None
        self._label = ""
        self._texts: list[str] = []
        #: Open elements of the link, each with whether its text is hidden.
        self._open: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "a":
            self._address, self._label = values.get("href"), values.get("aria-label") or ""
            self._texts, self._open = [], []
        elif self._address is not None:
            is_icon = "material-symbols" in (values.get("class") or "")
            self._open.append((tag, is_icon or values.get("aria-hidden") == "true"))

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self._address is not None:
            name = " ".join((self._label or " ".join(self._texts)).split())
            self.links[name] = self._address
            self._address = None
        while self._open:
            closed, _ = self._open.pop()
            if closed == tag:
                break

    def handle_data(self, data: str) -> None:
        if not any(is_hidden for _, is_hidden in self._open):
            self._texts.append(data)
