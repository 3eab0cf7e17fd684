"""At the gate, a scanned or typed code leads to its booking; nothing is redeemed by looking."""

import pytest
from django.test import Client

from core_site.bookings.models import Booking
from tests.admin.staff import Desk, logged_in, page_of, text_of

PAGE = "/admin/bookings/booking/redeem-by-code/"


def page_at_the_gate(booking: Booking) -> str:
    return f"{page_of(booking, 'redeem')}?gate=1"


def test_a_vouchers_code_leads_to_its_booking(rosa: Client, desk: Desk) -> None:
    confirmed = desk.confirmed()

    answer = rosa.post(PAGE, {"code": confirmed.voucher_code})

    assert answer["Location"] == page_at_the_gate(confirmed)
    confirmed.refresh_from_db()
    assert confirmed.status == "CONFIRMED"


def test_a_tickets_code_chooses_that_ticket(rosa: Client, desk: Desk) -> None:
    _, second = desk.confirmed("adult", "adult").unit_items.all()

    page = rosa.post(PAGE, {"code": second.ticket_code}, follow=True)

    form = page.context["form"]
    assert form.initial == {"admit": "some", "tickets": [str(second.uuid)]}


def test_a_code_may_be_typed_as_it_is_read(rosa: Client, desk: Desk) -> None:
    confirmed = desk.confirmed()
    desk.change(confirmed, voucher_code="0123456789ABCDEF")

    for typed in (" 0123 4567 89ab cdef ", "O123-4567-89AB-CDEF", "ol23456789abcdef"):
        assert rosa.post(PAGE, {"code": typed})["Location"] == page_at_the_gate(confirmed)


def test_a_reference_does_as_well(rosa: Client, desk: Desk) -> None:
    confirmed = desk.confirmed()

    answer = rosa.post(PAGE, {"code": confirmed.supplier_reference.lower()})

    assert answer["Location"] == page_at_the_gate(confirmed)


@pytest.mark.parametrize("code", ["", "x", "a\x00b", "9" * 65, "' OR 1=1 --", "🎫"])
def test_an_unknown_code_is_explained(rosa: Client, desk: Desk, code: str) -> None:
    desk.confirmed()

    page = rosa.post(PAGE, {"code": code})

    assert page.status_code == 400


def test_the_message_says_what_to_do(rosa: Client, desk: Desk) -> None:
    assert "No booking has this code; check it" in text_of(rosa.post(PAGE, {"code": "ABC"}))


def test_a_ticket_is_not_admitted_twice(rosa: Client, desk: Desk) -> None:
    confirmed = desk.admissible()
    rosa.post(page_of(confirmed, "redeem"), {"admit": "all"})

    page = rosa.post(PAGE, {"code": confirmed.voucher_code}, follow=True)

    assert "This booking is redeemed, so its tickets do not admit" in text_of(page)


def test_only_who_may_redeem_may_ask(desk: Desk) -> None:
    viewer = logged_in("bookings.view_booking")

    assert viewer.get(PAGE).status_code == 403
    assert viewer.post(PAGE, {"code": desk.confirmed().voucher_code}).status_code == 403
    assert PAGE not in viewer.get("/admin/bookings/booking/").content.decode()


def test_the_next_guest_is_a_scan_away(rosa: Client, desk: Desk) -> None:
    confirmed = desk.admissible()

    answer = rosa.post(page_at_the_gate(confirmed), {"admit": "all"})

    assert answer["Location"] == PAGE
    assert f"{confirmed.supplier_reference}: Redeemed." in text_of(rosa.get(PAGE))


def test_a_used_ticket_does_not_admit_the_others_of_its_booking(rosa: Client, desk: Desk) -> None:
    first, _ = desk.admissible("adult", "adult").unit_items.all()
    ticket = {"admit": "some", "tickets": [str(first.uuid)]}
    rosa.post(page_of(first.booking, "redeem"), ticket)

    page = rosa.post(PAGE, {"code": first.ticket_code}, follow=True)

    assert f"Ticket {first.supplier_reference} was used before" in text_of(page)
    assert "All guests: the whole booking" not in text_of(page)


def test_a_mistaken_scan_is_undone_from_the_next_one(rosa: Client, desk: Desk) -> None:
    redeemed = desk.redeemed()

    page = rosa.post(PAGE, {"code": redeemed.voucher_code}, follow=True)

    undo = f"{page_of(redeemed, 'undo_redemption')}?gate=1"
    assert f'href="{undo}"' in page.content.decode()
    tickets = [str(item.uuid) for item in redeemed.unit_items.all()]
    assert rosa.post(undo, {"tickets": tickets})["Location"] == PAGE
    redeemed.refresh_from_db()
    assert redeemed.status == "CONFIRMED"
