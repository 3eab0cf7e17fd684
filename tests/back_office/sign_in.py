"""Staff users of the tests in Chromium: the type of ``signed_in``, and clients of a role."""

from typing import TYPE_CHECKING, Protocol

from playwright.sync_api import Page

from tests.harness.browser import DESKTOP

if TYPE_CHECKING:
    from django.test import Client

#: That of every staff user here.
PASSWORD = "a long one, for tests"


class SignIn(Protocol):
    """Open a browser in which a new staff user with these permissions has signed in.

    Permissions are ``app.codename``; ``"*"`` is every permission. ``group`` is one of the demo's
    groups, such as Finance. Each call is a browser of its own, with the cookie of a session; it
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

    user = User.objects.create(username=username, is_staff=True)
    user.groups.add(load_groups()[group])
    client = Client()
    client.force_login(user)
    return client
