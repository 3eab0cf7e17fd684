"""No page of the admin needs what its headers refuse: every script and style of it works."""

import pytest

from tests.back_office.sign_in import SignIn

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

#: Pages that no other test of this folder opens; each of these fails on refused content as well.
PAGES = (
    "catalog/departure/",
    "catalog/option/add/",
    "catalog/schedule/add/",
    "catalog/price/add/",
    "endpoints/endpoint/",
    "password_change/",
)


def test_its_scripts_and_styles_are_loaded(signed_in: SignIn) -> None:
    refused: list[str] = []
    page = signed_in("*", opens_today=False)
    page.on("pageerror", lambda error: refused.append(f"{page.url}: {error}"))

    for address in PAGES:
        page.goto(f"/admin/{address}")
        # Alpine.js works, which opens the menus.
        assert page.evaluate("typeof window.Alpine") == "object"

    assert refused == []
