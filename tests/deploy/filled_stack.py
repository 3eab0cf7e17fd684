"""A ``deploy/up`` with something to sell, a staff user and a mixed load to call it."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from tests.deploy.callers import Caller
from tests.deploy.faults import Stack
from tests.deploy.mixed_load import MANY, MixedLoad, mixed_load
from tests.harness.clients import plain_browser
from tests.harness.committed_data import add_superuser, populate

PASSWORD = "a long one, for tests"


def load_on(stack: Stack, kinds: Sequence[type[Caller]] = MANY) -> MixedLoad:
    """Fill the empty database of a stack, and return the callers of it."""
    keys = populate(stack.owner_url)
    today = datetime.now(UTC).date()
    days = [(today + timedelta(days=ahead)).isoformat() for ahead in range(9, 300)]
    return mixed_load(stack.port, keys, days, _sign_in(stack), kinds)


def _sign_in(stack: Stack) -> str:
    """Make a staff user, and return the header of a session."""
    add_superuser(stack.owner_url, "ana", PASSWORD)
    with plain_browser(f"http://127.0.0.1:{stack.port}") as browser:
        browser.get("/admin/login/")
        token = browser.cookies["csrftoken"]
        form = {"username": "ana", "password": PASSWORD, "csrfmiddlewaretoken": token}
        assert browser.post("/admin/login/", data=form).status_code == 302
        return f"sessionid={browser.cookies['sessionid']}"
