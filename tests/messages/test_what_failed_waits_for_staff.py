"""A message that failed waits for staff until its guest is sent another, or it is needless."""

from datetime import timedelta

import pytest
from django.utils import timezone

from core_site import stores
from core_site.bookings.models import Booking
from core_site.catalog.models import Departure
from core_site.messages.jobs import send_messages
from core_site.messages.models import DepartureNote, Message
from core_site.messages.office.failures import failed_messages
from shared_domain import bookings, messages
from shared_domain.messages import MessageKind
from shared_domain.run_now import run_now
from tests.admin.staff import Desk, logged_in, open_shop


@pytest.fixture
def desk(db: None) -> Desk:
    return Desk(open_shop())


def fail(booking: Booking, kind: MessageKind, **values: object) -> Message:
    return Message.objects.create(
        **{
            "booking": booking, "partner_id": booking.partner_id, "test_mode": booking.test_mode,
            "kind": kind.value, "outcome": "REFUSED", "stands_since": timezone.now(),
            "recipient": "clara@example.com",
        } | values
    )  # fmt: skip


def waiting() -> list[Message]:
    return list(failed_messages(Message.objects.all(), now=timezone.now()))


def test_until_it_was_sent_again(desk: Desk) -> None:
    failed = fail(desk.confirmed(), MessageKind.CONFIRMATION)
    fail(desk.confirmed(test_mode=True), MessageKind.CONFIRMATION)
    page = f"/admin/guest_messages/message/{failed.pk}/send_again/"
    assert waiting() == [failed]

    sent = logged_in().post(page, {"to": "guest", "submission": "a"})
    assert sent.status_code == 302, sent
    assert waiting() == [failed]
    send_messages()

    assert waiting() == []


def test_a_message_of_another_content_makes_up_for_none(desk: Desk) -> None:
    booking = desk.confirmed()
    storm, fog = (
        DepartureNote.objects.create(
            departure=desk.shop.departure, subject_en=text, text_en=text, created_at=timezone.now()
        )
        for text in ("storm", "fog")
    )
    state = fail(booking, MessageKind.CHANGE)
    note = fail(booking, MessageKind.NOTE, note=storm)
    fail(booking, MessageKind.REMINDER, outcome="SENT")
    fail(booking, MessageKind.NOTE, note=fog, outcome="SENT")
    assert waiting() == [note, state]

    fail(booking, MessageKind.MOVE, outcome="SENT")
    assert waiting() == [note]
    fail(booking, MessageKind.NOTE, note=storm, outcome="SENT")
    assert waiting() == []


def test_tickets_wait_until_their_departure_is_over(desk: Desk) -> None:
    failed = fail(desk.confirmed(), MessageKind.CONFIRMATION)
    now = timezone.now()
    Departure.objects.update(starts_at=now - timedelta(hours=1), ends_at=now + timedelta(hours=1))
    assert waiting() == [failed]

    Departure.objects.update(ends_at=now)
    assert waiting() == []


@pytest.mark.parametrize("kind", MessageKind)
def test_what_is_needless_waits_for_nobody(desk: Desk, kind: MessageKind) -> None:
    rows = [desk.confirmed(), desk.cancelled(), desk.held(), desk.redeemed(), desk.pending()]
    failed = {fail(row, kind) for row in rows}

    for starts_at in (Departure.objects.get().starts_at, timezone.now()):
        Departure.objects.update(cutoffs_count_from=starts_at)
        assert {message for message in failed if not is_needless(message)} == set(waiting())


def is_needless(message: Message) -> bool:
    row = message.booking
    load = bookings.get_booking(
        row.uuid, access=row.access, now=timezone.now(), store=stores.bookings()
    )
    kind = MessageKind(message.kind)
    return messages.is_needless(kind, run_now(load), now=timezone.now())
