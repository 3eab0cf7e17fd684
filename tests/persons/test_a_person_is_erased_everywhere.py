"""What is stored of a person can be handed out and erased, whole, and nothing else goes with it."""

import json
from io import StringIO
from secrets import token_bytes
from typing import Any
from uuid import UUID

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from core_site import stores
from core_site.booking_desk.models import Exemption
from core_site.bookings.models import Booking
from core_site.events.models import Event
from core_site.idempotency.models import IdempotencyRecord
from core_site.messages.models import Message
from core_site.messages.sending.tickets import send_due_tickets
from core_site.personal_data import PERSONAL_FIELDS
from core_site.persons.models import OwedErasure, PersonRequest
from core_site.persons.owed_erasures import erase_owed
from core_site.users.models import User
from core_site.webhooks.models import Attempt, Delivery, WebhookEndpoint
from shared_domain import bookings, users
from shared_domain.idempotency.record_ids import id_with_key
from shared_domain.partners import Access
from shared_domain.persons.services import LOOK_AGAIN_AFTER, SETTLED_AFTER
from shared_domain.run_now import run_now
from tests.admin.staff import Desk, logged_in, open_shop, text_of
from tests.payments.ledgers import receive

#: In every field that takes it; nothing else in the database contains it.
MARK = "Zacharias"

EMAIL = f"{MARK}@example.com"

GUEST = {"first_name": MARK, "last_name": f"{MARK}son", "email_address": EMAIL}

COMPANION = {"first_name": "Ida", "last_name": "Alone", "email_address": "ida@example.com"}

FAIL_FOR_ONE_BOOKING = """
SET CONSTRAINTS ALL IMMEDIATE;
CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE 'a fault of the system';
END $$;
CREATE TRIGGER fail BEFORE UPDATE ON bookings_booking FOR EACH ROW
WHEN (OLD.id = {booking_id}) EXECUTE FUNCTION fail();
"""

FIND = "/admin/persons/personrequest/find/"


@pytest.fixture
def desk(db: None) -> Desk:
    return Desk(open_shop())


@pytest.fixture
def everywhere(desk: Desk) -> Booking:
    """A cancelled booking, a test booking with its mail, and a user, all of the same person."""
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


def test_every_column_that_is_listed_as_personal_holds_them(everywhere: Booking) -> None:
    """A column that is added to the list is erased as well, or this fails."""
    for label, columns in PERSONAL_FIELDS.items():
        rows = apps.get_model(label).objects.values(*columns - {"age"})
        for column in columns - {"age"}:
            held = [row for row in rows if MARK.casefold() in str(row[column]).casefold()]
            assert held, (label, column)


def test_nothing_of_them_is_left_in_any_table(desk: Desk, everywhere: Booking) -> None:
    before = rows_with(MARK)
    assert {"bookings_booking", "bookings_unititem", "bookings_guestmail"} <= before.keys()
    assert "users_user" in before

    said = person("erase", "--email", EMAIL.upper())

    assert said == "Erased: 2 bookings, 2 tickets, 1 user.\n"
    assert rows_with(MARK) == {}
    kept = IdempotencyRecord.objects.exclude(key_digest=None).order_by("-body")
    # That the calls were carried out is still known.
    assert [record.body for record in kept] == [None, None, '"Someone else"']
    assert [record.fingerprint for record in kept] == [{}, {}, {"age": "1"}]
    answers = Attempt.objects.order_by("answer").values_list("answer", flat=True)
    assert list(answers) == ["", "thank you, Someone else"]


def test_the_facts_stay_and_so_does_who_came_along(desk: Desk, everywhere: Booking) -> None:
    def facts() -> list[dict[str, Any]]:
        columns = ("status", "places", "net_minor", "refund_net_minor", "supplier_reference")
        return list(Booking.objects.order_by("pk").values(*columns))

    before = facts()
    mine = Booking.objects.get(pk=desk.confirmed(contact=COMPANION).pk)

    person("erase", "--email", EMAIL)

    assert facts()[:2] == before
    assert Booking.objects.get(pk=mine.pk).contact["firstName"] == "Ida"
    names = [item.contact.get("firstName") for item in everywhere.unit_items.all()]
    assert names == [None, "Ida"]
    assert Event.objects.filter(booking_uuid=everywhere.uuid, data__erased=True).exists()


def test_what_is_stored_is_handed_out_whole(everywhere: Booking) -> None:
    found = json.loads(person("export", "--email", EMAIL))

    first, test = found["bookings"]
    assert first["contact"]["emailAddress"] == EMAIL
    assert first["notes"] == f"{MARK} is allergic"
    assert first["cancellation_reason"] == f"{MARK} is ill"
    assert first["tickets"] == [{"firstName": MARK}]
    assert [mail["recipient"] for mail in test["mails"]] == [EMAIL]
    assert [(user["email"], user["age"]) for user in found["users"]] == [(EMAIL, 41)]
    assert first["webhook_answers"] == [f"thank you, {MARK}"]
    assert "Ida" not in json.dumps(found)


def test_by_reference_everyone_on_the_booking_goes(everywhere: Booking) -> None:
    person("erase", "--booking", everywhere.supplier_reference.lower())

    assert rows_with("ida@example.com") == {}
    assert "users_user" in rows_with(MARK)


def test_one_user_by_id(desk: Desk, everywhere: Booking) -> None:
    other = add_user(desk, "other@example.com")

    person("erase", "--user", str(other.pk))

    assert not User.objects.filter(pk=other.pk).exists()
    assert User.objects.count() == 1


@pytest.mark.parametrize(
    ("stored", "given"),
    [("straße@example.com", "STRASSE@example.com"), ("strasse@example.com", "straße@example.com")],
)
def test_an_address_that_folds_otherwise_in_python_and_in_postgresql(
    desk: Desk, stored: str, given: str
) -> None:
    booking = desk.held(contact=GUEST | {"email_address": stored})
    desk._do(bookings.cancel_booking, booking.uuid, reason=None)

    person("erase", "--email", given)

    booking.refresh_from_db()
    assert booking.contact == {}


def test_a_booking_that_is_still_ahead_is_left_unless_that_is_said(desk: Desk) -> None:
    booking = desk.confirmed(contact=GUEST)

    with pytest.raises(CommandError, match=f"Still ahead: {booking.supplier_reference}"):
        person("erase", "--email", EMAIL)
    assert rows_with(MARK) != {}

    person("erase", "--email", EMAIL, "--also-ahead")
    assert rows_with(MARK) == {}


def test_an_address_that_only_a_message_went_to_is_found_and_erased(desk: Desk) -> None:
    booking = desk.confirmed(contact=COMPANION)
    for recipient in (EMAIL, COMPANION["email_address"]):
        Message.objects.create(
            booking=booking, partner=booking.partner, test_mode=False, kind="TICKETS",
            outcome="SENT", stands_since=timezone.now(), recipient=recipient, subject="Tickets",
        )  # fmt: skip

    (found,) = json.loads(person("export", "--email", EMAIL))["bookings"]
    person("erase", "--email", EMAIL)

    assert found["mails"] == [{"recipient": EMAIL, "subject": "Tickets"}]
    assert "contact" not in found
    assert rows_with(MARK) == {}
    booking.refresh_from_db()
    assert booking.contact["emailAddress"] == COMPANION["email_address"]
    assert Message.objects.filter(recipient=COMPANION["email_address"]).exists()
    assert not Event.objects.filter(data__erased=True).exists()


def test_a_repeat_finds_nothing_and_the_record_names_no_person(everywhere: Booking) -> None:
    person("erase", "--email", EMAIL)

    with pytest.raises(CommandError, match="Nothing is stored under this e-mail address"):
        person("erase", "--email", EMAIL)

    done = PersonRequest.objects.get()
    assert (done.action, done.bookings, done.tickets, done.users) == ("ERASE", 2, 2, 1)
    assert MARK not in str(vars(done))


def test_a_repeat_of_the_reservation_cannot_bring_them_back(everywhere: Booking) -> None:
    before = bytes(everywhere.reservation_fingerprint)

    person("erase", "--email", EMAIL)

    everywhere.refresh_from_db()
    assert bytes(everywhere.reservation_fingerprint) != before
    assert everywhere.carried_out == []


class TestBookingsOfADeletedUser:
    @pytest.fixture
    def user(self, desk: Desk) -> User:
        return add_user(desk, EMAIL)

    def delete(self, desk: Desk, user: User) -> None:
        access = Access(partner_id=desk.shop.alice, test_mode=False)
        user_id = users.UserId(user.pk)
        run_now(users.delete_user(user_id, access=access, store=stores.users()))

    def test_the_guest_stays_until_travel_is_over(self, desk: Desk, user: User) -> None:
        # The same address, by whose capitals no other person is meant.
        ticket = GUEST | {"email_address": EMAIL.upper()}
        items = (bookings.UnitItemRequest(unit_code="adult", contact=ticket),)
        ahead, over = (
            desk.confirmed(contact=GUEST, user_id=user.pk, unit_items=items) for _ in range(2)
        )
        desk._do(bookings.cancel_booking, over.uuid, reason=f"{MARK} is ill")

        self.delete(desk, user)
        assert (erase_owed(), erase_owed()) == (1, 0)

        assert rows_with(f"{MARK} is ill") == {}
        ahead.refresh_from_db()
        assert ahead.contact["firstName"] == MARK
        owed = OwedErasure.objects.get()
        assert timezone.now() < owed.due_at <= timezone.now() + LOOK_AGAIN_AFTER

        desk._do(bookings.cancel_booking, ahead.uuid, reason=None)
        OwedErasure.objects.update(due_at=timezone.now())
        assert erase_owed() == 1

        assert rows_with(MARK) == {}
        erasures = Event.objects.filter(data__erased=True).values_list("booking_uuid", flat=True)
        assert sorted(erasures) == sorted([ahead.uuid, over.uuid])
        assert Booking.objects.filter(user_id=user.pk).count() == 2

    def test_one_booking_that_fails_keeps_no_other_guest(self, desk: Desk, user: User) -> None:
        other = add_user(desk, "ida@example.com")
        failing, erased = (
            desk.confirmed(contact=GUEST, user_id=owner.pk) for owner in (user, other)
        )
        for booking, owner in ((failing, user), (erased, other)):
            desk._do(bookings.cancel_booking, booking.uuid, reason=None)
            self.delete(desk, owner)
        with connection.cursor() as cursor:
            cursor.execute(FAIL_FOR_ONE_BOOKING.format(booking_id=failing.pk))

        assert erase_owed() == 1

        failing.refresh_from_db()
        erased.refresh_from_db()
        assert MARK in str(failing.contact)
        assert MARK not in str(erased.contact)
        # It is tried again, and every hour.
        assert set(OwedErasure.objects.filter(due_at__gt=timezone.now())) == set(
            OwedErasure.objects.all()
        )

    def test_what_is_owed_is_settled_when_no_reservation_can_name_the_user(
        self, desk: Desk, user: User
    ) -> None:
        self.delete(desk, user)

        erase_owed()
        assert OwedErasure.objects.count() == 1
        OwedErasure.objects.update(owed_since=timezone.now() - SETTLED_AFTER, due_at=timezone.now())
        erase_owed()

        assert not OwedErasure.objects.exists()

    def test_staff_find_them_by_the_users_id(self, desk: Desk, user: User) -> None:
        booking = desk.confirmed(contact=GUEST, user_id=user.pk)

        assert booking.supplier_reference in person("export", "--user", str(user.pk))
        with pytest.raises(CommandError, match="Still ahead"):
            person("erase", "--user", str(user.pk))
        said = person("erase", "--user", str(user.pk), "--also-ahead")

        assert said.startswith("Erased: 1 booking,")
        assert rows_with(MARK) == {}


class TestThePage:
    def test_from_looking_to_erasing(self, everywhere: Booking) -> None:
        rosa = logged_in()
        who = {"kind": "email", "value": EMAIL}

        shown = text_of(rosa.post(FIND, who))
        assert everywhere.supplier_reference in shown
        assert "Users of partners 1" in shown

        handed_out = rosa.post(FIND, who | {"step": "export"})
        assert json.loads(b"".join(handed_out.streaming_content))["users"]
        assert "attachment" in handed_out["Content-Disposition"]

        assert rosa.post(FIND, who | {"step": "erase"}).status_code == 302
        assert rows_with(MARK) == {}
        assert [done.by for done in PersonRequest.objects.all()] == ["staff: rosa"] * 2

    def test_who_is_not_found(self, desk: Desk) -> None:
        for who in ({"kind": "email", "value": "a@b.example"}, {"kind": "user_id", "value": "x"}):
            page = logged_in(username=who["kind"]).post(FIND, who)

            assert page.status_code == 400
            assert "Go on" not in text_of(page)

    def test_a_damaged_hidden_field_erases_no_person(self, everywhere: Booking) -> None:
        damaged = {"kind": "telephone", "value": EMAIL, "step": "erase"}

        assert logged_in().post(FIND, damaged).status_code == 400
        assert not PersonRequest.objects.exists()

    def test_needs_a_permission_of_its_own(self, desk: Desk) -> None:
        clerk = logged_in("bookings.view_booking", "bookings.view_personal_data")

        assert clerk.get(FIND).status_code == 403
        assert clerk.post(FIND, {"kind": "email", "value": EMAIL}).status_code == 403
