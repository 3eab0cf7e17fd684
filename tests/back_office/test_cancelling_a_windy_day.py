"""A day is cancelled in a real Chromium: the choice, the preview, and the report at the end."""

import pytest

from tests.back_office.sign_in import SignIn

pytestmark = pytest.mark.browser


@pytest.mark.django_db(transaction=True)
def test_from_the_choice_to_the_report(signed_in: SignIn) -> None:
    from core_site.catalog.models import Product
    from core_site.disruptions.jobs import resume_disruptions
    from tests.disruptions.windy_day import WindyDay

    windy_day = WindyDay.dawn()
    Product.objects.update(place="Cascais")
    booking = windy_day.desk.confirmed("adult", "adult")
    page = signed_in(
        "disruptions.view_disruption", "disruptions.run_disruption", "bookings.view_booking",
        "catalog.view_departure",
    )  # fmt: skip

    page.get_by_role("link", name="Cancel or move a day").first.click()
    page.get_by_role("link", name="Cancel or move departures").first.click()
    page.get_by_label("Day", exact=True).fill(windy_day.departure.local_date.isoformat())
    page.get_by_label("Place").select_option("Cascais")
    page.get_by_role("button", name="Show who is affected").click()
    page.get_by_label("Message to guests").fill("Six metres of waves.")
    page.get_by_role("button", name="Cancel 1 departure with 2 guests").click()
    page.get_by_text("0 of 1 bookings carried out").wait_for()
    resume_disruptions()
    page.get_by_text("Done: 1 cancelled.").wait_for()

    row = page.get_by_role("row").filter(has_text=booking.supplier_reference)
    assert "EUR 90.00" in row.inner_text()
    booking.refresh_from_db()
    assert (booking.status, booking.cancellation_reason) == ("CANCELLED", "Bad weather")
