"""Any list can be exported as CSV and XLSX, by its own filters, on record, and without formulas."""

import csv
import io
import re
from collections.abc import Callable
from datetime import UTC, timedelta
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client

from core_site.bookings.models import Booking
from core_site.exports import views
from core_site.exports.models import Export
from core_site.messages.models import Message
from core_site.payments.models import Entry
from tests.admin.staff import Desk, logged_in, open_shop, text_of
from tests.exports.sheets import sheets_of
from tests.harness.data import Shop
from tests.payments.ledgers import receive, reverse

LIST = "/admin/bookings/booking/"
CSV, XLSX = f"{LIST}export/csv/", f"{LIST}export/xlsx/"
SEES = ("bookings.view_booking", "exports.export_list")


@pytest.fixture
def shop(db: None) -> Shop:
    return open_shop()


@pytest.fixture
def desk(shop: Shop) -> Desk:
    return Desk(shop)


@pytest.fixture
def finance(db: None) -> Client:
    return logged_in(*SEES, username="ines")


def rows_of(client: Client, address: str) -> list[dict[str, str]]:
    answer: Any = client.get(address)
    assert answer.status_code == 200, answer
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def test_a_list_is_a_file_with_numbers_to_reckon_with(finance: Client, desk: Desk) -> None:
    first, second = desk.confirmed(), desk.confirmed("adult", "adult")

    rows = rows_of(finance, CSV)

    assert [row["supplier_reference"] for row in rows] == [
        second.supplier_reference,
        first.supplier_reference,
    ]
    assert [row["retail (amount)"] for row in rows] == ["90.00", "45.00"]
    assert rows[0]["currency"] == "EUR"


def test_a_payment_that_was_taken_back_adds_up_to_nothing(desk: Desk) -> None:
    booking = desk.confirmed()
    receive(booking, 4500)
    reverse(booking, Entry.objects.get().pk)

    rows = rows_of(logged_in(), "/admin/payments/entry/export/csv/")

    assert [row["amount (amount)"] for row in rows] == ["-45.00", "45.00"]


def test_a_column_of_buttons_is_no_data(desk: Desk) -> None:
    receive(desk.confirmed(), 100)
    balances = "/admin/payments/account/"

    (row,) = rows_of(logged_in(), f"{balances}export/csv/?state=refund")

    assert "Settle" not in row
    assert row["balance (amount)"] == "-1.00"
    assert "Settle" in text_of(logged_in(username="ana").get(f"{balances}?state=refund"))


def test_a_choice_is_said_in_the_words_of_the_list_and_stored_beside_it(desk: Desk) -> None:
    booking = desk.confirmed()
    Message.objects.create(
        booking=booking, partner=booking.partner, test_mode=False, kind="NEW_TIME",
        outcome="SENT", language="pt", stands_since=booking.created_at,
    )  # fmt: skip

    (row,) = rows_of(logged_in(), "/admin/guest_messages/message/export/csv/")

    assert (row["Message"], row["kind"]) == ("New time", "NEW_TIME")
    assert (row["Language"], row["language"]) == ("Portuguese", "pt")


def test_it_has_the_filters_and_the_search_of_the_list(finance: Client, desk: Desk) -> None:
    confirmed, _ = desk.confirmed(), desk.held()

    filtered = rows_of(finance, f"{CSV}?status=CONFIRMED")
    searched = rows_of(finance, f"{CSV}?q={confirmed.supplier_reference}")

    assert [row["status"] for row in filtered] == ["CONFIRMED"]
    assert [row["supplier_reference"] for row in searched] == [confirmed.supplier_reference]
    assert finance.get(f"{CSV}?nothing=1").status_code == 400


def test_an_address_that_the_list_cannot_answer_leads_to_the_list(
    finance: Client, desk: Desk
) -> None:
    desk.confirmed()

    exports = "/admin/exports/export/"
    Export.objects.bulk_create(Export(by="otto", list="Users", kind="csv") for _ in range(60))
    auditor = logged_in("exports.view_export", "exports.export_list", username="otto")
    answer: Any = auditor.get(f"{exports}export/csv/?q=otto&p=99")

    assert (answer.status_code, answer.url) == (302, f"{exports}?q=otto&p=99")
    assert Export.objects.count() == 60
    assert len(rows_of(finance, f"{CSV}?hold_ends=%00")) == 1
    assert Export.objects.latest("id").filters == {"hold_ends": [""]}


def test_it_is_on_record_and_what_was_searched_for_is_not(finance: Client, desk: Desk) -> None:
    reference = desk.confirmed().supplier_reference

    rows_of(finance, f"{CSV}?status=CONFIRMED&q={reference}&p=1")

    (record,) = Export.objects.all()
    assert (record.by, record.list, record.kind) == ("ines", "Bookings", "csv")
    assert (record.filters, record.is_searched) == ({"status": ["CONFIRMED"]}, True)
    assert (record.rows, record.with_personal_data) == (1, False)
    assert record.finished_at


def test_a_download_that_is_broken_off_is_not_finished(db: None) -> None:
    record = Export.objects.create(by="ines", list="Bookings", kind=Export.Kind.CSV)
    rows = views.count_rows(record, iter([iter([1]), iter([2])]))

    next(rows)
    rows.close()

    record.refresh_from_db()
    assert (record.rows, record.finished_at) == (1, None)


def test_guests_need_the_permission_to_see_them(finance: Client, desk: Desk) -> None:
    desk.confirmed(notes="walnuts")
    trusted = logged_in(*SEES, "bookings.view_personal_data", username="duarte")

    without, with_them = rows_of(finance, CSV)[0], rows_of(trusted, CSV)[0]

    assert "Clara" not in str(without)
    assert "walnuts" not in str(without)
    assert "contact" not in without
    assert "Clara" in with_them["Guest"]
    assert "clara@example.com" in with_them["contact"]
    assert Export.objects.latest("id").with_personal_data


def test_no_cell_is_run_as_a_formula(desk: Desk) -> None:
    trusted = logged_in(*SEES, "bookings.view_personal_data", username="duarte")
    desk.confirmed(notes="=HYPERLINK(1)", reseller_reference="+1")

    row = rows_of(trusted, CSV)[0]

    assert (row["notes"], row["reseller_reference"]) == ("'=HYPERLINK(1)", "'+1")


def test_a_role_without_the_right_has_no_button_and_no_file(desk: Desk, finance: Client) -> None:
    other = logged_in("bookings.view_booking", username="guide")
    blind = logged_in("exports.export_list", username="blind")

    assert "Export CSV" in text_of(finance.get(LIST))
    assert "Export CSV" not in text_of(other.get(LIST))
    assert [client.get(CSV).status_code for client in (other, blind)] == [403, 403]
    assert finance.get(f"{LIST}export/pdf/").status_code == 404


def test_a_button_keeps_the_filters(finance: Client, desk: Desk) -> None:
    page = finance.get(f"{LIST}?status=CONFIRMED").content.decode()

    assert f'href="{CSV}?status=CONFIRMED"' in page


def test_an_xlsx_file_has_the_same_cells(finance: Client, desk: Desk) -> None:
    booking = desk.confirmed()

    answer: Any = finance.get(XLSX)
    titles, cells = sheets_of(answer.streaming_content)[0]

    row = dict(zip(titles, cells, strict=True))
    assert answer.headers["Content-Disposition"].endswith('.xlsx"')
    assert (row["supplier_reference"], row["retail (amount)"]) == (booking.supplier_reference, 45)
    assert abs(row["created_at (UTC)"].replace(tzinfo=UTC) - booking.created_at) < timedelta(
        seconds=1
    )
    assert Export.objects.get().rows == 1


def test_a_list_of_any_length_is_read_in_parts(
    finance: Client,
    desk: Desk,
    monkeypatch: pytest.MonkeyPatch,
    django_assert_max_num_queries: Callable[..., Any],
) -> None:
    monkeypatch.setattr(views, "ROWS_AT_ONCE", 2)
    for _ in range(5):
        desk.confirmed()
    answer: Any = finance.get(CSV)

    # Three parts and the record: no query for each row.
    with django_assert_max_num_queries(4):
        text = b"".join(answer.streaming_content).decode("utf-8-sig")

    found = [row["supplier_reference"] for row in csv.DictReader(io.StringIO(text))]
    assert sorted(found) == sorted(Booking.objects.values_list("supplier_reference", flat=True))


def test_every_list_of_the_admin_can_be_exported_without_its_secrets(desk: Desk) -> None:
    desk.cancelled()
    client = logged_in()
    secrets = re.compile("digest|password|fingerprint|carried_out")

    for page in admin.site._registry.values():
        name = f"{page.opts.app_label}/{page.opts.model_name}"
        rows = rows_of(client, f"/admin/{name}/export/csv/")
        assert not any(secrets.search(column) for row in rows for column in row), name
