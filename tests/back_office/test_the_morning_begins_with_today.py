"""A staff user begins the day in a real Chromium: a tile, its list, the booking, and it is done."""

import pytest

from tests.back_office.sign_in import SignIn

pytestmark = pytest.mark.browser


@pytest.mark.django_db(transaction=True)
def test_from_a_tile_to_an_accepted_booking(signed_in: SignIn) -> None:
    from tests.admin.staff import Desk, open_shop

    pending = Desk(open_shop()).pending()
    page = signed_in("bookings.view_booking", "bookings.change_booking")

    tile = page.get_by_role("link", name="Bookings to decide")
    assert "1" in tile.inner_text().splitlines()
    tile.click()
    page.get_by_role("link", name=pending.supplier_reference).click()
    page.get_by_role("link", name="Accept").click()
    page.get_by_role("button", name="Accept").click()
    page.get_by_text("Confirmed").first.wait_for()
    page.get_by_role("link", name="Today").first.click()

    assert "0" in tile.inner_text().splitlines()
    pending.refresh_from_db()
    assert pending.status == "CONFIRMED"
    # Departures and revenue are for those who may see them.
    assert page.get_by_role("heading", name="Next to leave").count() == 0
    assert page.get_by_role("heading", name="Revenue").count() == 0
