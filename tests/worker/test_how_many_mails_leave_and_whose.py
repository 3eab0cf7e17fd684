"""Mails of tests stay with us, and a booking or a partner causes a bounded number of mails."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from core_site.bookings.models import Booking, MoveNotice
from core_site.events.models import Event
from core_site.messages import limits
from core_site.messages.jobs import (
    delete_old_mails,
    send_messages,
    send_move_notices,
    send_tickets,
)
from core_site.messages.models import Message
from core_site.partners.models import Partner
from tests.admin.staff import Desk, logged_in, open_shop, page_of, text_of
from tests.harness.data import add_supplier
from tests.harness.pages import context_of

MAILS = "/admin/guest_messages/message/"

WITHOUT_GUESTS = ("guest_messages.view_message", "bookings.view_booking")


@pytest.fixture
def desk(db: None) -> Desk:
    return Desk(open_shop())


def due(desk: Desk, **wish: Any) -> Booking:
    return desk.confirmed(**{"email_receipt": True} | wish)


def to(address: str) -> dict[str, Any]:
    return {"contact": {"full_name": "Clara Duarte", "email_address": address}}


def add_move_notice(booking: Booking, desk: Desk) -> None:
    MoveNotice.objects.create(
        booking=booking,
        due_at=timezone.now(),
        before={
            "local_date": "2020-01-01", "start_time": "09:30:00", "fold": 0,
            "starts_at": "2020-01-01T09:30:00+00:00",
            "ends_at": desk.shop.departure.ends_at.isoformat(), "opening_hours": [],
        },
    )  # fmt: skip


def waits(booking: Booking) -> bool:
    booking.refresh_from_db()
    return booking.tickets_due_at is not None and booking.tickets_due_at > timezone.now()


def test_a_mail_of_a_test_is_kept_and_not_sent(desk: Desk) -> None:
    add_supplier()
    test = due(desk, test_mode=True)

    send_tickets()

    kept = Message.objects.get()
    assert mail.outbox == []
    assert (kept.booking, kept.outcome, kept.recipient) == (test, "KEPT", "clara@example.com")
    assert kept.subject == "[TEST] Your tickets: kayak"
    assert test.voucher_code in kept.body
    assert f"{test.supplier_reference}.png" in kept.attachments
    test.refresh_from_db()
    assert test.tickets_due_at is None


def test_it_is_sent_to_an_address_on_the_partners_list(desk: Desk) -> None:
    Partner.objects.filter(pk=desk.shop.alice).update(test_mail_addresses=["QA@alice.example"])
    due(desk, test_mode=True, **to("qa@ALICE.example"))
    due(desk, test_mode=True, **to("qa2@alice.example"))

    send_tickets()

    assert [message.to for message in mail.outbox] == [["qa@alice.example"]]
    assert mail.outbox[0].subject.startswith("[TEST] ")
    assert sorted(Message.objects.values_list("outcome", flat=True)) == ["KEPT", "SENT"]


def test_the_list_says_nothing_about_live_bookings(desk: Desk) -> None:
    due(desk)

    send_tickets()

    sent = Message.objects.get()
    assert (len(mail.outbox), sent.outcome, sent.recipient, sent.body) == (
        *(1, "SENT", "clara@example.com", ""),
    )


def test_a_new_time_of_a_test_is_kept_as_well(desk: Desk) -> None:
    add_move_notice(desk.confirmed(test_mode=True), desk)

    send_move_notices()

    assert mail.outbox == []
    assert Message.objects.get().kind == "NEW_TIME"
    assert not MoveNotice.objects.exists()


def test_a_booking_causes_so_many_mails_a_day(desk: Desk, settings: Any) -> None:
    settings.MAILS_PER_BOOKING = 2
    booking, other = due(desk), due(desk)
    for number in range(4):
        send_tickets()
        desk.update(booking, contact={"email_address": f"stranger-{number}@example.com"})
    send_tickets()

    to_strangers = [message for message in mail.outbox if "stranger" in message.to[0]]
    assert (len(to_strangers), len(mail.outbox)) == (1, 3)
    assert waits(booking)
    assert not waits(other)
    assert Event.objects.filter(type="booking.tickets_postponed").exists()
    steps = text_of(logged_in().get(f"/admin/bookings/booking/{booking.pk}/change/"))
    assert "Tickets postponed" in steps


def test_what_had_to_wait_leaves_when_there_is_room(desk: Desk, settings: Any) -> None:
    settings.MAILS_PER_BOOKING = 1
    booking = due(desk)
    send_tickets()
    desk.update(booking, contact={"email_address": "clara.new@example.com"})
    send_tickets()
    assert waits(booking)

    Message.objects.update(stands_since=timezone.now() - limits.WINDOW)
    desk.change(booking, tickets_due_at=timezone.now())
    send_tickets()

    assert mail.outbox[-1].to == ["clara.new@example.com"]


def test_a_partner_causes_so_many_mails_a_day_and_its_tests_count_apart(
    desk: Desk, settings: Any
) -> None:
    settings.MAILS_PER_PARTNER = 2
    tests = [due(desk, test_mode=True) for _ in range(3)]
    live = [due(desk) for _ in range(3)]

    send_tickets()

    assert (len(mail.outbox), Message.objects.filter(outcome="KEPT").count()) == (2, 2)
    assert [waits(booking) for booking in (*tests, *live)] == [False, False, True] * 2


def test_what_staff_cause_is_neither_counted_nor_postponed(desk: Desk, settings: Any) -> None:
    settings.MAILS_PER_PARTNER = 2
    moved, again, third = due(desk), due(desk), desk.confirmed()
    send_tickets()
    desk.update(third, email_receipt=True)
    desk.change(third, tickets_due_at=timezone.now())
    send_tickets()
    assert waits(third)

    add_move_notice(moved, desk)
    staff = logged_in()
    staff.post(page_of(again, "resend"))
    staff.post(page_of(again, "resend"), {"to": "another", "recipient": "hotel@example.com"})
    send_move_notices(), send_tickets(), send_messages()

    assert len(mail.outbox) == 5
    first = Message.objects.filter(outcome="SENT").earliest("stands_since")
    Message.objects.filter(pk=first.pk).update(stands_since=timezone.now() - limits.WINDOW)
    desk.change(third, tickets_due_at=timezone.now())
    send_tickets()
    assert not waits(third)


def test_a_flood_never_stops_another_partner(desk: Desk, settings: Any) -> None:
    settings.MAILS_PER_PARTNER = 1
    due(desk), due(desk)
    bobs = due(desk)
    desk.change(bobs, partner=desk.shop.bob)

    send_tickets()

    assert not waits(bobs)


def test_the_worker_forgets_what_is_old(desk: Desk) -> None:
    due(desk), due(desk, test_mode=True)
    send_tickets()
    Message.objects.filter(outcome="KEPT").update(
        stands_since=timezone.now() - limits.KEPT_FOR - timedelta(minutes=1)
    )

    delete_old_mails()

    assert Message.objects.get().outcome == "SENT"


def test_staff_find_a_mail_by_its_booking_and_read_it(desk: Desk) -> None:
    test = due(desk, test_mode=True)
    due(desk)
    send_tickets()
    kept = Message.objects.get(outcome="KEPT")
    rosa = logged_in(*WITHOUT_GUESTS, "bookings.view_personal_data")

    listed = rosa.get(MAILS, {"q": test.supplier_reference})
    page = text_of(rosa.get(f"{MAILS}{kept.pk}/change/"))

    assert [row.pk for row in listed.context["cl"].result_list] == [kept.pk]
    assert "clara@example.com" in page
    assert "Here are your tickets for kayak" in page


def test_whom_a_mail_is_for_is_hidden_from_who_may_not_see_it(desk: Desk) -> None:
    due(desk, test_mode=True)
    send_tickets()
    kept = Message.objects.get()
    other = logged_in(*WITHOUT_GUESTS)

    text = text_of(other.get(MAILS)) + text_of(other.get(f"{MAILS}{kept.pk}/change/"))

    assert "clara@example.com" not in text
    assert "Clara" not in text
    assert "[TEST] Your tickets: kayak" in text


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("qa@alice.example\nQA@ALICE.example , dev@alice.example", "qa dev"),
        ("", ""),
        ("no address", None),
        ("\n".join(f"qa{number}@alice.example" for number in range(21)), None),
    ],
)
def test_staff_keep_the_list_on_the_partners_page(
    desk: Desk, typed: str, stored: str | None
) -> None:
    rosa = logged_in()
    page = f"/admin/partners/partner/{desk.shop.alice}/change/"
    form = context_of(rosa, page)["adminform"].form
    values = {name: form[name].value() for name in form.fields} | {"test_mail_addresses": typed}
    values |= {"is_active": "on", "api_keys-TOTAL_FORMS": 0, "api_keys-INITIAL_FORMS": 0}

    answer = rosa.post(page, values)

    addresses = Partner.objects.get(pk=desk.shop.alice).test_mail_addresses
    assert answer.status_code == (200 if stored is None else 302), text_of(answer)[:2000]
    assert addresses == [f"{name}@alice.example" for name in (stored or "").split()]
