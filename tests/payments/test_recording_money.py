"""Staff record money on a booking's ledger, once, by their rights, and see who owes whom."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.test import Client
from django.utils import timezone

from core_site import stores
from core_site.bookings.models import Booking
from core_site.payments.models import Account, Entry
from shared_domain import bookings, payments
from shared_domain.bookings import BookingId
from shared_domain.run_now import run_now
from tests.admin.staff import Desk, logged_in, text_of
from tests.harness.data import add_departure, add_product
from tests.harness.responses import ClientResponse
from tests.payments.ledgers import balance_of, receive, refund, reverse

ENTRY = "/admin/payments/entry"


def page_of(booking: Booking, dialog: str = "") -> str:
    """Return the address of a dialog, or of the booking's page with its ledger."""
    own = f"/admin/bookings/booking/{booking.pk}/change/"
    return f"{ENTRY}/of/{booking.pk}/{dialog}" if dialog else own


def hidden_fields(page: ClientResponse) -> dict[str, str]:
    pattern = r'<input type="hidden" name="(page_version|submission)" value="([^"]*)"'
    return dict(re.findall(pattern, page.content.decode()))


def send(client: Client, page: str, **typed: Any) -> ClientResponse:
    """Open a dialog and send it with these values."""
    return client.post(page, hidden_fields(client.get(page)) | typed)


def pay(client: Client, booking: Booking, amount: str, **typed: Any) -> ClientResponse:
    values = {"amount": amount, "method": "CARD", "reference": "", "note": ""} | typed
    return send(client, page_of(booking, "receive/"), **values)


def test_a_payment_is_recorded_with_who_and_how(reception: Client, desk: Desk) -> None:
    booking = desk.confirmed("adult", "adult")

    answer = pay(reception, booking, "40", reference="T-1704", note="first half")

    assert answer.status_code == 302
    assert (balance_of(booking).received_minor, balance_of(booking).due_minor) == (4000, 5000)
    entry = Entry.objects.get()
    assert (entry.method, entry.reference, entry.note) == ("CARD", "T-1704", "first half")
    assert entry.recorded_by.username == "duarte"
    page = text_of(reception.get(page_of(booking)))
    assert "EUR 50.00 due" in page
    assert "T-1704" in page
    assert "first half" not in page  # A note may say who travels.


def test_what_is_due_is_filled_in(reception: Client, desk: Desk) -> None:
    page = reception.get(page_of(desk.confirmed(), "receive/"))

    assert 'value="45.00"' in page.content.decode()


def test_a_payment_beyond_what_is_due_is_taken_and_said(reception: Client, desk: Desk) -> None:
    booking = desk.confirmed()

    pay(reception, booking, "50")

    page = text_of(reception.get(page_of(booking)))
    assert "EUR 5.00 more than the guest owes: it is on the list of refunds due" in page
    assert balance_of(booking).refund_due_minor == 500


def test_a_group_pays_more_than_the_highest_price_of_a_ticket(
    reception: Client, desk: Desk
) -> None:
    booking = desk.confirmed()

    assert pay(reception, booking, "20000000000").status_code == 302
    assert "at most EUR 10,000,000,000,000.00" in text_of(pay(reception, booking, "1" + "0" * 14))

    assert balance_of(booking).received_minor == 2_000_000_000_000


def test_a_form_that_is_sent_twice_counts_once(reception: Client, desk: Desk) -> None:
    booking = desk.confirmed()
    page = page_of(booking, "receive/")
    form = {"amount": "20", "method": "CASH", "note": ""} | hidden_fields(reception.get(page))

    reception.post(page, form)
    reception.post(page, form)

    assert Entry.objects.count() == 1
    assert "this form was sent before" in text_of(reception.get(page_of(booking)))


def test_two_staff_users_do_not_refund_the_same_money(finance: Client, desk: Desk) -> None:
    booking = desk.confirmed()
    receive(booking, 4500)
    page = page_of(booking, "refund/")
    stale = {"amount": "20", "method": "CASH", "note": ""} | hidden_fields(finance.get(page))
    refund(booking, 2000)

    answer = finance.post(page, stale)

    assert answer.status_code == 400
    assert "others changed this after you opened the page" in text_of(answer)
    assert balance_of(booking).refunded_minor == 2000


@pytest.mark.parametrize(
    ("amount", "said"),
    [
        ("", "This field is required"),
        ("0", "The amount must be above zero"),
        ("-5", "An amount is not below zero"),
        ("1,234", "write it without the comma"),
        ("12.345", "EUR has 2 decimal places"),
        ("=1+1", "Write an amount such as"),
    ],
)
def test_what_is_no_amount_is_said_at_its_field(
    reception: Client, desk: Desk, amount: str, said: str
) -> None:
    answer = pay(reception, desk.confirmed(), amount)

    assert answer.status_code == 400
    assert said in text_of(answer)
    assert not Entry.objects.exists()


@pytest.mark.parametrize("dialog", ["refund/", "write-off/"])
def test_reception_takes_money_and_gives_none_back(
    reception: Client, desk: Desk, dialog: str
) -> None:
    booking = desk.confirmed()
    receive(booking, 1000)
    page = text_of(reception.get(page_of(booking)))

    assert "Record payment" in page
    assert "Write off" not in page
    assert "Reverse" not in page
    assert reception.get(page_of(booking, dialog)).status_code == 403
    assert reception.post(page_of(booking, dialog), {"amount": "1"}).status_code == 403
    assert reception.get(f"{ENTRY}/{Entry.objects.get().pk}/reverse/").status_code == 403


def test_a_role_without_payments_sees_none(desk: Desk) -> None:
    booking = desk.confirmed()
    receive(booking, 1000)
    other = logged_in("bookings.view_booking", username="guide")
    no_bookings = logged_in("payments.view_entry", "payments.add_entry", username="auditor")

    pages = [page_of(booking, "receive/"), f"{ENTRY}/"]
    assert [other.get(page).status_code for page in pages] == [403, 403]
    assert "Payments" not in text_of(other.get(page_of(booking)))
    assert no_bookings.get(page_of(booking, "receive/")).status_code == 403
    assert other.get("/admin/payments/account/").status_code == 403


def test_a_mistake_is_reversed_and_both_stay(finance: Client, desk: Desk) -> None:
    booking = desk.confirmed()
    receive(booking, 4500)
    page = f"{ENTRY}/{Entry.objects.get().pk}/reverse/"

    assert send(finance, page, note="").status_code == 400
    assert send(finance, page, note="wrong booking").status_code == 302

    assert balance_of(booking).due_minor == 4500
    assert Entry.objects.count() == 2
    shown = text_of(finance.get(page_of(booking)))
    assert "Reversal: received EUR -45.00" in shown
    receive(booking, 200)
    refund(booking, 200)
    listed = text_of(finance.get(f"{ENTRY}/"))
    # The same amounts as on the booking's page: only what was reversed is below zero.
    assert re.findall(r"(Received|Refunded) EUR (-?[0-9.]+)", listed) == [
        ("Refunded", "2.00"),
        ("Received", "2.00"),
        ("Received", "-45.00"),
        ("Received", "45.00"),
    ]
    assert "This payment was reversed before" in text_of(finance.get(page))


def test_a_debt_is_written_off(finance: Client, desk: Desk) -> None:
    booking = desk.confirmed()
    receive(booking, 4000)

    send(finance, page_of(booking, "write-off/"), amount="5.00", note="rain")

    assert balance_of(booking).is_settled
    assert "settled" in text_of(finance.get(page_of(booking)))


def test_no_partner_owes_for_what_we_sold_ourselves(reception: Client, desk: Desk) -> None:
    sold = desk.confirmed("adult", "adult")
    page = f"/admin/bookings/booking/{sold.pk}"
    ticket = str(sold.unit_items.order_by("position")[0].uuid)
    changing = logged_in("bookings.change_booking", "bookings.view_personal_data", username="mia")

    dialog = text_of(changing.get(f"{page}/cancel/"))
    assert "EUR 0.00 back to the guest, who is charged EUR 0.00" in dialog
    assert "partner" not in dialog
    choice = {"tickets": [ticket], "initiator": "PARTNER", "refund": "BY_THE_RULES"}
    review = text_of(changing.post(f"{page}/cancel_tickets/", choice))
    assert "Price for the guest EUR 90.00 EUR 45.00 Balance EUR 90.00 due EUR 45.00 due" in review
    changed = run_now(
        bookings.cancel_tickets(
            sold.uuid,
            [UUID(ticket)],
            refund=bookings.RefundChoice.FULL,
            initiator=bookings.Initiator.PARTNER,
            access=sold.access,
            now=timezone.now(),
            store=stores.bookings(),
        )
    )
    assert changed.price.net_minor == 4500
    for shown in (review, text_of(reception.get(page_of(sold)))):
        assert "Price for the guest" in shown
        assert "The partner owes for it" not in shown
        assert "billed" not in shown


def test_the_ledger_of_a_resellers_booking_says_who_is_paid(finance: Client, desk: Desk) -> None:
    resellers = replace(desk, shop=replace(desk.shop, alice=desk.shop.bob)).confirmed()

    page = text_of(finance.get(page_of(resellers)))

    assert "settled Charged to the guest EUR 0.00" in page
    assert "The guest pays the reseller" in page


def test_a_test_booking_takes_no_payment(finance: Client, desk: Desk) -> None:
    test = desk.confirmed(test_mode=True)

    assert "takes no payments" in text_of(finance.get(page_of(test, "receive/")))
    assert pay(finance, test, "1").status_code == 400


def tamper(statement: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE payments_entry SET amount_minor = 1",
        "UPDATE payments_entry SET note = ''",
        "DELETE FROM payments_entry",
    ],
)
def test_no_entry_is_ever_changed(desk: Desk, statement: str) -> None:
    receive(desk.confirmed(), 1000)

    with pytest.raises(ProgrammingError, match="append-only"):
        tamper(statement)


@pytest.mark.parametrize(
    "columns",
    [
        {"amount_minor": 0},
        {"amount_minor": -5},
        {"kind": "STOLEN"},
        {"method": "SHELLS"},
        {"method": None},
        {"kind": "WRITTEN_OFF"},
    ],
)
def test_the_table_holds_no_impossible_entry(desk: Desk, columns: dict[str, Any]) -> None:
    ledger = receive(desk.confirmed(), 1000)
    stored = Entry.objects.get()

    with pytest.raises(IntegrityError), transaction.atomic():
        Entry.objects.create(
            **{
                "booking_id": ledger.sale.booking_id,
                "kind": "RECEIVED",
                "amount_minor": 5,
                "currency": "EUR",
                "method": "CASH",
                "recorded_by": stored.recorded_by,
                "recorded_at": stored.recorded_at,
            }
            | columns
        )


def test_the_table_refunds_no_more_than_was_received(desk: Desk) -> None:
    receive(desk.confirmed(), 1000)

    with pytest.raises(IntegrityError), transaction.atomic():
        Account.objects.update(refunded_minor=1001)


def test_another_partners_access_finds_no_ledger(desk: Desk) -> None:
    booking = desk.confirmed()
    booking.partner_id = desk.shop.bob

    with pytest.raises(bookings.BookingNotFound):
        receive(booking, 100)


def test_a_booking_that_was_paid_keeps_its_currency(desk: Desk) -> None:
    free, paid = desk.confirmed(), desk.confirmed()
    receive(paid, 1000)
    canoe = add_product("canoe", partners=(desk.shop.alice,), commission=0)
    elsewhere = add_departure(canoe, starts_at=desk.shop.departure.starts_at)
    wish = {"product_code": "canoe", "availability_id": elsewhere.availability_id}

    desk.update(free, **wish, currency="GBP")
    with pytest.raises(bookings.CurrencyKept):
        desk.update(paid, **wish, currency="GBP")
    desk.update(paid, **wish)

    rows = {row.pk: row.currency for row in Booking.objects.all()}
    assert rows == {free.pk: "GBP", paid.pk: "EUR"}
    assert balance_of(paid).received_minor == 1000


LIVES: list[Callable[[Desk, Booking], object]] = [
    lambda desk, booking: receive(booking, 1000),
    lambda desk, booking: receive(booking, 4500),
    lambda desk, booking: receive(booking, 9999),
    lambda desk, booking: refund(booking, receive(booking, 4500).balance.due_minor or 1200),
    lambda desk, booking: reverse(
        booking, (receive(booking, 700), Entry.objects.latest("id").pk)[1]
    ),
    lambda desk, booking: (
        receive(booking, 4500),
        desk._do(bookings.cancel_booking, booking.uuid, reason=None),
    ),
]


@pytest.mark.parametrize("life", LIVES)
def test_the_account_in_sql_says_what_the_ledger_says(
    desk: Desk, life: Callable[[Desk, Booking], object]
) -> None:
    booking = desk.confirmed()

    life(desk, booking)

    balance = balance_of(booking)
    account = Account.objects.get(pk=booking.pk)
    assert account.balance_minor == balance.due_minor - balance.refund_due_minor
    many = _balances(booking, desk.confirmed())
    assert many[booking.pk] == balance


def test_who_cancels_sees_what_was_paid(desk: Desk) -> None:
    booking = desk.confirmed()
    receive(booking, 1000)

    page = text_of(logged_in().get(f"/admin/bookings/booking/{booking.pk}/cancel/"))

    assert "Paid so far EUR 10.00 of EUR 45.00; no more is given back" in page
    assert "By the rules: EUR 10.00 back to the guest, who is charged EUR 0.00" in page
    assert "None: EUR 0.00 back to the guest, who is charged EUR 45.00" in page


def _balances(*rows: Booking) -> Any:
    ids = [BookingId(row.pk) for row in rows]
    found = run_now(payments.balances(ids, now=timezone.now(), store=stores.payments()))
    assert found.keys() == set(ids)
    return found


def test_balances_of_a_manifest_are_one_query(
    desk: Desk, django_assert_num_queries: Callable[..., Any]
) -> None:
    rows = [desk.confirmed() for _ in range(4)]
    receive(rows[0], 4500)

    with django_assert_num_queries(1):
        found = _balances(*rows)

    assert [found[row.pk].due_minor for row in rows] == [0, 4500, 4500, 4500]


def test_a_booking_that_is_not_there_is_not_found(reception: Client) -> None:
    for number in (999_999, 10**30):
        assert reception.get(f"{ENTRY}/of/{number}/receive/").status_code == 404


def test_the_list_of_balances_offers_what_the_staff_user_may_do(desk: Desk) -> None:
    due = desk.confirmed()
    receive(due, 1000)
    receive(desk.redeemed(), 6000)
    rights = ("bookings.view_booking", "payments.view_account")
    takes = logged_in(*rights, "payments.add_entry", username="ana")
    refunds = logged_in(*rights, "payments.refund_entry", username="rui")

    pages = [client.get("/admin/payments/account/").content.decode() for client in (takes, refunds)]

    assert [("/receive/" in page, "/refund/" in page) for page in pages] == [
        (True, False),
        (False, True),
    ]
    assert "overpaid" in pages[0]
    found = takes.get("/admin/payments/account/", {"q": due.supplier_reference.lower()})
    assert "EUR 35.00 due" in text_of(found)
    assert "overpaid" not in text_of(found)
