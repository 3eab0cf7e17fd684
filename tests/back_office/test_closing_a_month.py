"""Finance finds what is open, has it paid, and takes the files along; the desk sees none of it."""

import csv
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from core_site.demo.staff import FINANCE, RESERVATIONS
from core_site.exports.models import Export
from core_site.statements.models import PartnerPayment
from core_site.statements.open_page import last_month_over
from tests.back_office.sign_in import SignIn, client_of, links_of

if TYPE_CHECKING:
    from tests.statements.books import Books

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

OFFICE = "/admin/statements/partnerpayment/"


@pytest.fixture
def books(transactional_db: None) -> "Books":
    """A month that is over, with two bookings of Alice's and one that was refunded in part."""
    from tests.statements.books import open_books

    books, day = open_books(), f"{last_month_over(timezone.localdate())}-14"
    books.enter(on=day)
    books.enter("REDEEMED", on=day)
    books.cancel("PARTIAL", on=day)
    return books


def test_what_is_open_is_paid_and_downloaded(signed_in: SignIn, books: "Books") -> None:
    page = signed_in(group=FINANCE, username="ines", opens_today=False)

    page.goto(f"{OFFICE}open/")
    due = page.get_by_role("region", name="By partner", exact=True)
    expect(due.get_by_role("row", name="alice")).to_contain_text("EUR 90.00")
    due.get_by_role("link", name="statement of alice").click()
    page.get_by_role("link", name="Record payment in EUR").click()
    expect(page.get_by_role("row", name="With EUR 90.00")).to_contain_text("settled")
    page.get_by_label("Reference").fill("SEPA 2041")
    page.get_by_role("button", name="Record payment").click()

    expect(page.get_by_text("EUR 90.00 recorded.")).to_be_visible()
    expect(page.get_by_role("region", name="Payments")).to_contain_text("SEPA 2041")
    payment = PartnerPayment.objects.get()
    assert (payment.amount_minor, payment.recorded_by.username) == (9000, "ines")
    rows = downloaded(page, "Download CSV")
    assert [row["Owed"] for row in rows] == ["36.00", "36.00", "18.00"]
    # The browser shows a PDF instead of saving it.
    pdf = page.get_by_role("link", name="Download PDF").get_attribute("href")
    assert page.request.get(str(pdf)).body().startswith(b"%PDF")
    page.get_by_role("link", name="All partners").click()
    assert [row["Open"] for row in downloaded(page, "Download CSV")] == ["0.00"]
    page.get_by_role("link", name="What is open", exact=True).first.click()
    expect(page.get_by_text("Every statement is settled.")).to_be_visible()


def test_revenue_leads_to_its_bookings_and_their_file(signed_in: SignIn, books: "Books") -> None:
    today = timezone.localdate()
    sold = books.enter(sale_date=today, confirmed_at=timezone.now())
    page = signed_in(group=FINANCE, username="ines", opens_today=False)

    page.goto(f"{OFFICE}revenue/")
    page.get_by_role("link", name="7 days").click()
    expect(page.get_by_text("EUR 36.00").first).to_be_visible()
    page.get_by_role("link", name="1 booking: kayak").click()
    expect(page.get_by_role("link", name=sold.supplier_reference)).to_be_visible()
    rows = downloaded(page, "Export CSV")

    assert [row["supplier_reference"] for row in rows] == [sold.supplier_reference]
    # Finance counts money and need not know who travels.
    assert "clara" not in str(rows).lower()
    record = Export.objects.get()
    assert (record.by, record.rows, record.with_personal_data) == ("ines", 1, False)


def test_the_desk_sees_no_statement_no_revenue_and_no_file(books: "Books") -> None:
    desk = client_of(RESERVATIONS, username="duarte")
    finance = client_of(FINANCE, username="ines")

    ours, theirs = (links_of(client.get("/admin/")) for client in (finance, desk))
    for name in ("Statements", "Revenue", "What is open"):
        assert name in ours
        assert name not in theirs
    for path in ("open/", "revenue/", f"of/{books.alice}/2026-01/pdf/"):
        assert desk.get(OFFICE + path).status_code == 403
    ours, theirs = (links_of(client.get(theirs["Bookings"])) for client in (finance, desk))
    assert any(name.startswith("PT-") for name in theirs)
    assert "Export CSV" in ours
    assert "Export CSV" not in theirs
    assert desk.get("/admin/bookings/booking/export/csv/").status_code == 403


def downloaded(page: Page, name: str) -> list[dict[str, str]]:
    with page.expect_download() as download:
        page.get_by_role("link", name=name).click()
    text = Path(download.value.path()).read_text(encoding="utf-8-sig")
    return list(csv.DictReader(text.splitlines()))
