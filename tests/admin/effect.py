"""Read the page that shows what a change does to departures, and answer it as a browser does."""

from html.parser import HTMLParser
from typing import Any

from django.test import Client

from tests.admin.forms import save
from tests.harness.responses import ClientResponse

CHOICE = "_effect-with_guests"


class _HiddenFields(HTMLParser):
    """Collects the hidden fields of the page, each name with all its values in order."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, list[str]] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        field = dict(attrs)
        if tag == "input" and field.get("type") == "hidden" and field.get("name"):
            self.found.setdefault(str(field["name"]), []).append(field.get("value") or "")


def hidden_in(page: ClientResponse) -> dict[str, list[str]]:
    reader = _HiddenFields()
    reader.feed(page.content.decode())
    return reader.found


def is_effect(page: ClientResponse) -> bool:
    return "catalog/effect.html" in [template.name for template in page.templates]


def answer(
    client: Client, page: ClientResponse, with_guests: str = "", **more: str
) -> ClientResponse:
    """Press the button of the page, with or without a choice for departures with guests."""
    assert is_effect(page)
    form: dict[str, Any] = hidden_in(page)
    if with_guests:
        form[CHOICE] = with_guests
    return client.post(page.request["PATH_INFO"], form | more)


def save_seen(client: Client, path: str, with_guests: str = "", **changes: Any) -> ClientResponse:
    """Change these fields, save, and say yes to what that does to departures."""
    page = save(client, path, **changes)
    return answer(client, page, with_guests) if is_effect(page) else page
