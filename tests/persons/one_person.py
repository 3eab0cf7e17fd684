"""A person of whom a mark tells what is stored, in whichever table."""

from io import StringIO
from secrets import token_bytes
from uuid import UUID

from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from core_site import stores
from core_site.booking_desk.models import Exemption
from core_site.bookings.models import Booking
from core_site.idempotency.models import IdempotencyRecord
from core_site.messages.models import Message
from core_site.messages.sending.tickets import send_due_tickets
from core_site.users.models import User
from core_site.webhooks.models import Attempt, Delivery, WebhookEndpoint
from shared_domain import bookings, users
from shared_domain.idempotency.record_ids import id_with_key
from shared_domain.partners import Access
from shared_domain.run_now import run_now
from tests.admin.staff import Desk
from tests.payments.ledgers import receive

#: In every field that takes it; nothing else in the database contains it.
MARK = "Zacharias"

EMAIL = f"{MARK}@example.com"

GUEST = {"first_name": MARK, "last_name": f"{MARK}son", "email_address": EMAIL}

COMPANION = {"first_name": "Ida", "last_name": "Alone", "email_address": "ida@example.com"}


def add_answer(partner_id: int, subject: UUID, *, holds: str = MARK) -> None:
    """Add the answer of an idempotent call, as a repeat would get it."""
    IdempotencyRecord.objects.create(
        id=id_with_key(), key_digest=token_bytes(32), fingerprint={"age": "1"}, status=200,
        partner_id=partner_id, test_mode=False, subject=subject, headers={}, body=f'"{holds}"',
    )  # fmt: skip


def add_webhook_answer(booking: Booking, *, partner_id: int, holds: str = MARK) -> None:
    """Leave what a partner's server answered to an event of the booking, or of its uuid."""
    now = timezone.now()
    endpoint = WebhookEndpoint.objects.create(
        partner_id=partner_id, test_mode=False, url="https://shop.example.com", secret_number=1,
        secret_key_id="abc", created_at=now, updated_at=now,
    )  # fmt: skip
    delivery = Delivery.objects.create(
        endpoint=endpoint, message_id="evt_1", position=1, type="booking.confirmed", subject="b",
        booking_uuid=booking.uuid, state="delivered", created_at=now, settled_at=now,
    )  # fmt: skip
    Attempt.objects.create(
        delivery=delivery, at=now, status=200, duration_ms=9, answer=f"thank you, {holds}"
    )


def add_user(desk: Desk, email: str) -> User:
    access = Access(partner_id=desk.shop.alice, test_mode=False)
    made = run_now(
        users.create_user(
            email=email, age=41, access=access, now=timezone.now(), store=stores.users()
        )
    )
    return User.objects.get(pk=made.id)


def person(*arguments: str) -> str:
    output = StringIO()
    call_command("person", *arguments, stdout=output)
    return output.getvalue()


def rows_with(text: str) -> dict[str, int]:
    """Return, for every table, how many rows hold a text in any column."""
    found = {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        for (table,) in cursor.fetchall():
            cursor.execute(
                f'SELECT count(*) FROM "{table}" AS t WHERE t::text ILIKE %s', [f"%{text}%"]
            )
            (count,) = cursor.fetchone()
            if count:
                found[table] = count
    return found


def store_everywhere(desk: Desk) -> Booking:
    """Store a cancelled booking, a test booking with its mail, and a user, all of one person."""
    booking = desk.confirmed(
        contact=GUEST,
        notes=f"{MARK} wants the front seat",
        unit_items=(
            bookings.UnitItemRequest(unit_code="adult", contact={"first_name": MARK}),
            bookings.UnitItemRequest(unit_code="adult", contact=COMPANION),
        ),
    )
    desk.update(booking, notes=f"{MARK} is allergic")
    Exemption.objects.create(
        booking=booking, departure=desk.shop.departure, reason=f"{MARK} waits at the pier",
        is_after_cutoff=True, created_at=timezone.now(),
    )  # fmt: skip
    receive(booking, 4500, note=f"{MARK} paid at the pier")
    desk._do(bookings.cancel_booking, booking.uuid, reason=f"{MARK} is ill")
    # As a note and a mail that is due leave them.
    desk.change(
        booking,
        internal_note=f"{MARK} knows the mayor",
        tickets_recipient=EMAIL,
        pickup_hotel=f"{MARK} lives next door",
    )
    test = desk.confirmed(contact=GUEST, test_mode=True, email_receipt=True)
    send_due_tickets(test.pk)
    # As a message that was sent with words of staff leaves it.
    Message.objects.create(
        booking=booking, partner=booking.partner, test_mode=False, kind="CANCELLED", outcome="SENT",
        stands_since=timezone.now(), recipient=EMAIL, words=f"Get well soon, {MARK}",
    )  # fmt: skip
    add_webhook_answer(booking, partner_id=booking.partner_id)
    desk._do(bookings.cancel_booking, test.uuid, reason=None, test_mode=True)
    add_answer(booking.partner_id, booking.uuid)
    add_answer(booking.partner_id, add_user(desk, EMAIL).pk)
    # Another partner may have used the same uuid.
    add_answer(desk.shop.bob, booking.uuid, holds="Someone else")
    add_webhook_answer(booking, partner_id=desk.shop.bob, holds="Someone else")
    return booking
