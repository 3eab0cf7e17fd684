"""The office sees each partner's statement with the figures that the partner sees, to the cent."""

import csv
import html
import io
import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import ProgrammingError, connection, transaction
from django.test import Client

from core_site.catalog.models import Product
from core_site.exports.models import Export
from core_site.partners.models import Partner
from core_site.statements.models import PartnerPayment
from shared_domain import settlements, statements
from shared_domain.run_now import run_now
from shared_domain.time_zones import zone
from tests.admin.staff import logged_in, text_of
from tests.exports.sheets import sheets_of
from tests.harness.data import add_partner
from tests.harness.pages import context_of
from tests.harness.responses import ClientResponse
from tests.statements.books import Books, Program

OFFICE = "/admin/statements/partnerpayment"
SEES = (
    "statements.view_partnerpayment",
    "statements.add_partnerpayment",
    "statements.view_revenue",
)


@pytest.fixture
def finance(db: None) -> Client:
    return logged_in(*SEES, username="ines")


@pytest.fixture
def july(books: Books) -> Books:
    """July of Alice's: two that stand, one refunded in part, a test, and one of August."""
    books.enter()
    books.enter("REDEEMED", on=None, sale_date="2026-07-31")
    books.cancel("PARTIAL")
    books.enter(test_mode=True)
    books.enter(on="2026-08-01")
    books.enter(currency="GBP", reseller_reference="=1+1")
    return books


def statement_page(books: Books, extra: str = "", month: str = "2026-07") -> str:
    return f"{OFFICE}/of/{books.alice}/{month}/{extra}"


def csv_rows(answer: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


def test_the_lines_and_sums_are_those_of_the_partner(
    finance: Client, july: Books, alice: Program
) -> None:
    theirs = alice.statement("2026-07")

    rows = csv_rows(finance.get(statement_page(july, "csv/")))

    assert [(row["Reference"], row["Currency"], row["Owed"]) for row in rows] == [
        (line["supplierReference"], line["currency"], f"{line['owedMinor'] / 100:.2f}")
        for line in theirs["lines"]
    ]
    page = text_of(finance.get(statement_page(july)))
    for total in theirs["totals"]:
        assert f"Owed {total['currency']} {total['owedMinor'] / 100:,.2f}" in page
    assert {total["currency"]: total["owedMinor"] for total in theirs["totals"]} == {
        "EUR": 9000,
        "GBP": 3600,
    }


def test_the_month_of_all_partners_has_the_same_sums(finance: Client, july: Books) -> None:
    from core_site import stores

    month = statements.Month.from_text("2026-07")
    totals = run_now(statements.partner_totals(month, store=stores.statements()))

    assert [(total.currency, total.bookings, total.owed_minor) for total in totals] == [
        ("EUR", 3, 9000),
        ("GBP", 1, 3600),
    ]
    page = text_of(finance.get(f"{OFFICE}/months/2026-07/"))
    assert "alice 3 EUR 108.00 EUR 18.00 EUR 90.00 EUR 0.00 EUR 90.00 open" in page


def test_a_statement_is_settled_by_what_the_partner_pays(finance: Client, july: Books) -> None:
    page = statement_page(july, "pay/EUR/")
    form = hidden_fields(finance.get(page))
    assert 'value="90.00"' in finance.get(page).content.decode()
    assert "With EUR 90.00 EUR 90.00 open settled" in text_of(finance.get(page))

    for _ in range(2):  # A double click.
        finance.post(page, form | {"direction": "RECEIVED", "amount": "90", "reference": "R1"})

    payment = PartnerPayment.objects.get()
    assert (payment.amount_minor, payment.recorded_by.username) == (9000, "ines")
    assert "settled" in text_of(finance.get(statement_page(july)))


def test_a_cancellation_afterwards_is_to_return(finance: Client, july: Books) -> None:
    assert "To return in" not in text_of(finance.get(f"{OFFICE}/months/2026-07/"))
    send(finance, statement_page(july, "pay/EUR/"), direction="RECEIVED", amount="100")

    assert "EUR 10.00 to return" in text_of(finance.get(statement_page(july)))
    # What one partner is to get back settles nothing of what another one owes.
    july.enter(partner_id=july.bob)
    month = text_of(finance.get(f"{OFFICE}/months/2026-07/"))
    assert "Due to us in EUR EUR 36.00 2 partners to settle" in month
    assert "To return in EUR EUR 10.00" in month
    dialog = text_of(finance.get(statement_page(july, "pay/EUR/")))
    assert "With EUR 10.00 EUR 10.00 to return settled" in dialog
    too_much = send(finance, statement_page(july, "pay/EUR/"), direction="RETURNED", amount="101")
    assert "At most EUR 100.00 can be returned" in text_of(too_much)
    send(finance, statement_page(july, "pay/EUR/"), direction="RETURNED", amount="10")
    assert "settled" in text_of(finance.get(statement_page(july)))
    for page in (statement_page(july), f"{OFFICE}/"):
        shown = text_of(finance.get(page))
        assert re.search(r"Returned( to the partner)? EUR 10\.00", shown), shown


def test_what_is_to_return_is_a_number_in_the_files(finance: Client, july: Books) -> None:
    send(finance, statement_page(july, "pay/EUR/"), direction="RECEIVED", amount="100")
    clerk = logged_in(*SEES, "exports.export_list", username="rui")

    for page in ("months/2026-07/export", "open/export"):
        text = clerk.get(f"{OFFICE}/{page}/csv/?until=2026-07").getvalue().decode("utf-8-sig")
        (row,) = (row for row in csv.DictReader(io.StringIO(text)) if row["Currency"] == "EUR")
        assert row["Open"] == "-10.00"


def test_a_currency_that_is_used_no_more_is_still_paid(finance: Client, july: Books) -> None:
    july.enter(currency="BGN")

    send(finance, statement_page(july, "pay/BGN/"), direction="RECEIVED", amount="36")

    assert PartnerPayment.objects.get().currency == "BGN"


def test_a_month_is_paid_that_costs_more_than_the_dearest_ticket(
    finance: Client, july: Books
) -> None:
    july.enter(currency="IDR", net_minor=10**12, retail_minor=10**12, original_minor=10**12)
    july.enter(currency="IDR", net_minor=10**12, retail_minor=10**12, original_minor=10**12)

    send(finance, statement_page(july, "pay/IDR/"), direction="RECEIVED", amount="20000000000.00")

    assert "IDR 20,000,000,000.00 settled" in text_of(finance.get(statement_page(july)))


def test_a_stale_page_records_nothing(finance: Client, july: Books) -> None:
    page = statement_page(july, "pay/EUR/")
    stale = hidden_fields(finance.get(page))
    send(finance, page, direction="RECEIVED", amount="90")

    answer = finance.post(page, stale | {"direction": "RECEIVED", "amount": "90"})

    assert "others changed this after you opened the page" in text_of(answer)
    assert PartnerPayment.objects.count() == 1


def test_a_statement_shows_all_its_payments_and_links_what_may_be_seen(
    finance: Client, july: Books
) -> None:
    clerk = User.objects.get(username="ines")
    PartnerPayment.objects.bulk_create(
        PartnerPayment(
            partner_id=july.alice, month="2026-07-01", direction="RECEIVED", amount_minor=1,
            currency=currency, recorded_by=clerk, recorded_at=datetime.now(UTC),
        )
        for currency in ("EUR", "GBP") * 51
    )  # fmt: skip
    reader = logged_in(*SEES, "bookings.view_booking", username="rui")

    pages = [user.get(statement_page(july)).content.decode() for user in (finance, reader)]

    assert {page.count("Received from the partner") for page in pages} == {102}
    assert ["/admin/bookings/booking/" in page for page in pages] == [False, True]


def test_the_pdf_and_the_csv_are_downloads(finance: Client, july: Books) -> None:
    pdf = finance.get(statement_page(july, "pdf/"))
    rows = csv_rows(finance.get(statement_page(july, "csv/")))

    assert pdf.content.startswith(b"%PDF")
    assert pdf.headers["Content-Disposition"].endswith('"statement-alice-2026-07.pdf"')
    records = Export.objects.filter(filters={"partner": "alice", "month": "2026-07"})
    assert list(records.order_by("id").values_list("list", "kind", "rows")) == [
        ("Statement", "pdf", len(rows)),
        ("Statement", "csv", len(rows)),
    ]
    assert "'=1+1" in [row["Partner's reference"] for row in rows]


def test_what_is_not_there_is_not_found(finance: Client, july: Books) -> None:
    direct = add_partner("desk", kind="direct")

    for path in (
        f"{OFFICE}/months/2026-13/",
        f"{OFFICE}/of/{july.alice}/july/",
        f"{OFFICE}/of/{direct}/2026-07/",
        f"{OFFICE}/of/{10**30}/2026-07/",
        statement_page(july, "pay/XXX/"),
    ):
        assert finance.get(path).status_code == 404, path
    assert finance.get(f"{OFFICE}/months/").status_code == 302
    empty = text_of(finance.get(statement_page(july, month="2020-01")))
    assert "No booking of this month is billed" in empty


def test_each_page_needs_its_permission(july: Books) -> None:
    other = logged_in("bookings.view_booking", username="guide")
    reader = logged_in("statements.view_partnerpayment", username="reader")

    pages = ("", "csv/", "pdf/", "pay/EUR/")
    assert {other.get(statement_page(july, page)).status_code for page in pages} == {403}
    assert other.get(f"{OFFICE}/months/2026-07/").status_code == 403
    assert other.get(f"{OFFICE}/revenue/").status_code == 403
    assert reader.get(statement_page(july)).status_code == 200
    assert reader.get(statement_page(july, "pay/EUR/")).status_code == 403
    assert reader.get(f"{OFFICE}/revenue/").status_code == 403


def test_no_payment_is_ever_changed(finance: Client, july: Books) -> None:
    send(finance, statement_page(july, "pay/EUR/"), direction="RECEIVED", amount="90")

    for statement in (
        "UPDATE statements_partnerpayment SET amount_minor = 1",
        "DELETE FROM statements_partnerpayment",
    ):
        with (
            pytest.raises(ProgrammingError, match="append-only"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)


def test_what_is_open_names_partners_months_and_sums(finance: Client, july: Books) -> None:
    july.enter(on="2026-06-03", partner_id=july.bob)
    july.enter(on="2020-02-03", partner_id=july.bob)
    july.enter(on="2026-06-03", partner_id=add_partner("desk", kind="direct"))
    send(finance, f"{OFFICE}/of/{july.bob}/2026-06/pay/EUR/", direction="RECEIVED", amount="36")
    send(finance, f"{OFFICE}/of/{july.bob}/2020-02/pay/EUR/", direction="RECEIVED", amount="40")

    page = text_of(finance.get(f"{OFFICE}/open/?until=2026-07"))

    assert "Due to us in EUR EUR 90.00 2 statements open, 1 settled" in page
    assert "To return in EUR EUR 4.00" in page
    assert "alice 1 2026-07 EUR 90.00 – bob 1 2020-02 – EUR 4.00 alice 1 2026-07 GBP" in page
    oldest = "2020-02 bob EUR 36.00 EUR 40.00 EUR 4.00 to return Record payment 2026-07 alice"
    assert oldest in page
    assert "2026-06 0 1 EUR 36.00 EUR 36.00 – –" in page
    assert "2026-08" not in page
    assert finance.get(f"{OFFICE}/open/").status_code == 200
    assert finance.get(f"{OFFICE}/open/export/csv/?until=2026-13").status_code == 404


@pytest.mark.parametrize(
    ("page", "titled", "found"),
    [
        ("months/2026-07/", "Owed", {"alice": "90.00"}),
        ("open/?until=2026-07", "Open", {"alice": "90.00"}),
        (
            "revenue/?first=2026-05-01&last=2026-07-31",
            "Net",
            {"2026-05-02": "90.00", "kayak": "126.00", "alice": "126.00"},
        ),
    ],
)
def test_tables_of_the_office_are_exported_on_record(
    july: Books, page: str, titled: str, found: dict[str, str]
) -> None:
    clerk = logged_in(*SEES, "exports.export_list", username="rui")

    (address,) = re.findall(
        r'href="([^"]+)">Download CSV<', clerk.get(f"{OFFICE}/{page}").content.decode()
    )
    answer = clerk.get(html.unescape(address))

    exported = csv.DictReader(io.StringIO(answer.getvalue().decode("utf-8-sig")))
    rows = [row for row in exported if row["Currency"] == "EUR"]
    names = [row.get("Name") or row["Partner"] for row in rows]
    assert {name: row[titled] for name, row in zip(names, rows, strict=True)}.items() >= (
        found.items()
    )
    record = Export.objects.get()
    assert (record.by, record.kind, record.finished_at is not None) == ("rui", "csv", True)
    workbook = clerk.get(html.unescape(address).replace("csv", "xlsx"))
    ((titles, *cells),) = sheets_of([workbook.getvalue()])
    amounts = {row[titles.index(titled)] for row in cells}
    assert amounts >= {float(amount) for amount in found.values()}
    reader = logged_in(*SEES, username="ines")
    assert "Download CSV" not in reader.get(f"{OFFICE}/{page}").content.decode()
    assert reader.get(html.unescape(address)).status_code == 403


def test_charts_divide_each_day_by_product_and_by_partner(finance: Client, july: Books) -> None:
    july.enter(partner_id=july.bob)
    days = f"{OFFICE}/revenue/?first=2026-05-01&last=2026-07-31"

    for measure, of_alice, of_bob in (("net", 90.0, 36.0), ("bookings", 3, 1)):
        charts = dict(context_of(finance, f"{days}&measure={measure}")["charts"])
        (product,) = json.loads(charts["By product and day"].data)["datasets"]
        assert (product["label"], product["data"][1]) == ("kayak", of_alice + of_bob)
        series = json.loads(charts["By partner and day"].data)["datasets"]
        assert {each["label"]: each["data"][1] for each in series} == {
            "alice": of_alice,
            "bob": of_bob,
        }


def test_revenue_adds_up_by_day_product_and_partner(finance: Client, july: Books) -> None:
    from datetime import date

    from core_site import stores

    first, last = date(2026, 5, 1), date(2026, 7, 31)
    found = run_now(settlements.revenue(first, last, store=stores.settlements()))

    euros = [row for row in found if row.currency == "EUR"]
    by_day = {row.day: (row.bookings, row.net_minor) for row in euros if row.day}
    assert by_day == {date(2026, 5, 2): (3, 9000), date(2026, 7, 31): (1, 3600)}
    partners = {row.partner_id: row.net_minor for row in euros if row.partner_id}
    assert partners == {july.alice: 12_600}
    assert [row.net_minor for row in euros if row.product_id] == [12_600]

    page = text_of(finance.get(f"{OFFICE}/revenue/?first={first}&last={last}"))
    assert "Net revenue EUR 126.00" in page
    assert Partner.objects.get(pk=july.alice).name in page
    pounds = finance.get(f"{OFFICE}/revenue/?first={first}&last={last}&currency=GBP")
    assert "Net revenue GBP 36.00" in text_of(pounds)


def test_the_office_begins_with_the_suppliers_day(finance: Client, july: Books) -> None:
    now = datetime.now(UTC)
    # Where the date is another than in UTC.
    far_away = zone("Pacific/Kiritimati" if now.hour >= 10 else "Pacific/Pago_Pago")
    Product.objects.update(time_zone=far_away.key)

    shown = context_of(finance, f"{OFFICE}/revenue/")["form"].cleaned_data["last"]

    assert shown in {moment.astimezone(far_away).date() for moment in (now, datetime.now(UTC))}
    finance.cookies["portico_zone"] = "UTC"
    assert context_of(finance, f"{OFFICE}/revenue/")["spans"][0]["query"].endswith(str(shown))


def test_a_figure_of_revenue_leads_to_the_bookings_it_counts(july: Books) -> None:
    july.enter("EXPIRED", sale_date="2026-05-02")
    reader = logged_in(*SEES, "bookings.view_booking", username="rui")
    page = reader.get(f"{OFFICE}/revenue/?first=2026-05-01&last=2026-07-31")

    linked = re.findall(r'href="(/admin/bookings/[^"]+)"[^>]*>(\d+)</a>', page.content.decode())

    # The sum, one product, one partner, and two days of sale.
    assert [int(count) for _, count in linked] == [4, 4, 4, 1, 3]
    for address, count in linked:
        listed = context_of(reader, html.unescape(address))["cl"]
        assert listed.result_count == int(count), address
    assert (
        "/admin/bookings/"
        not in logged_in(*SEES, username="rita")
        .get(f"{OFFICE}/revenue/?first=2026-05-01&last=2026-07-31")
        .content.decode()
        .partition('class="of-page"')[2]
    )


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("first=2026-07-02&last=2026-07-01", "The last day must not be before the first"),
        ("first=2020-01-01&last=2026-07-01", "Choose at most half a year"),
        ("first=x&last=2026-07-01", "Enter a valid date"),
    ],
)
def test_a_wrong_range_is_said(finance: Client, query: str, said: str) -> None:
    answer = finance.get(f"{OFFICE}/revenue/?{query}")

    assert answer.status_code == 400
    assert said in text_of(answer)


def hidden_fields(page: ClientResponse) -> dict[str, str]:
    pattern = r'<input type="hidden" name="(page_version|submission)" value="([^"]*)"'
    return dict(re.findall(pattern, page.content.decode()))


def send(client: Client, page: str, **typed: str) -> ClientResponse:
    return client.post(page, hidden_fields(client.get(page)) | {"reference": ""} | typed)
