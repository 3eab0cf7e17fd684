"""The page of a partner says what it owes for the latest months, and for all earlier ones."""

from datetime import timedelta

from django.utils import timezone

from tests.admin.staff import logged_in, text_of
from tests.statements.books import Books

MONTH = timedelta(days=31)


def test_what_is_open_of_earlier_months_is_not_forgotten(books: Books) -> None:
    today = timezone.localdate()
    long_ago, before = today - 8 * MONTH, today - 6 * MONTH
    for day in (long_ago, long_ago, before):
        books.enter(on=day.isoformat())
    books.enter(on=long_ago.isoformat(), partner_id=books.bob)

    clerk = logged_in("statements.view_partnerpayment", "partners.view_partner")
    page = clerk.get(f"/admin/partners/partner/{books.alice}/change/")

    assert (
        "Nothing is open of the last 3 months. Open of earlier months: EUR 108.00 due "
        f"( {long_ago:%Y-%m} , {before:%Y-%m} )."
    ) in text_of(page)
    link = f"/admin/statements/partnerpayment/of/{books.alice}/{long_ago:%Y-%m}/"
    assert f'href="{link}"' in page.content.decode()
