"""Lists of payments and balances find what is asked for, and dialogs fit where they come from."""

from django.test import Client

from core_site.payments.models import Entry
from shared_domain.payments import Method
from tests.admin.staff import Desk, text_of
from tests.harness.pages import context_of
from tests.payments.ledgers import receive, reverse
from tests.payments.test_recording_money import hidden_fields

ACCOUNTS = "/admin/payments/account/"


def test_what_was_never_paid_is_no_row_of_what_was_paid_in_part(rosa: Client, desk: Desk) -> None:
    never, in_part = desk.confirmed(), desk.confirmed()
    receive(in_part, 1000)

    shown = text_of(rosa.get(ACCOUNTS, {"state": "due"}))

    assert "Balance: Paid in part" in shown
    assert str(in_part) in shown
    assert str(never) not in shown


def test_a_payment_leads_back_to_its_list(rosa: Client, desk: Desk) -> None:
    booking = desk.confirmed()
    receive(booking, 1000)
    page = f"/admin/payments/entry/of/{booking.pk}/receive/?from=due"
    assert page in rosa.get(ACCOUNTS, {"state": "due"}).content.decode()

    typed = {"amount": "35", "method": "CARD"} | hidden_fields(rosa.get(page))
    answer = rosa.post(page, typed)

    assert answer["Location"] == f"{ACCOUNTS}?state=due"
    assert Entry.objects.count() == 2


def test_a_receipt_is_found_in_any_case(rosa: Client, desk: Desk) -> None:
    receive(desk.confirmed(), 1000, reference="T-1704")

    assert "T-1704" in text_of(rosa.get("/admin/payments/entry/", {"q": "t-17"}))
    assert "0 payments" in text_of(rosa.get("/admin/payments/entry/", {"q": "t-18"}))


def test_money_goes_back_the_way_it_came(rosa: Client, desk: Desk) -> None:
    booking = desk.confirmed()
    page = f"/admin/payments/entry/of/{booking.pk}/refund/"
    for amount, method in ((1000, Method.CARD), (2000, Method.BANK_TRANSFER)):
        receive(booking, amount, method=method)
    assert context_of(rosa, page)["form"]["method"].value() == "BANK_TRANSFER"

    reverse(booking, Entry.objects.get(amount_minor=2000).pk)

    assert context_of(rosa, page)["form"]["method"].value() == "CARD"
