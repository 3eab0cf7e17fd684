"""What is stored of a person can be handed out and erased, whole, and nothing else goes with it."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.core.management import CommandError
from django.utils import timezone

from core_site.bookings.models import Booking
from core_site.events.models import Event
from core_site.idempotency.models import IdempotencyRecord
from core_site.messages.models import Message
from core_site.personal_data import PERSONAL_FIELDS
from core_site.persons import person_requests
from core_site.persons.models import PersonRequest
from core_site.users.models import User
from core_site.webhooks.models import Attempt
from shared_domain import bookings
from shared_domain.persons import Found, Person
from tests.admin.staff import Desk, logged_in, text_of
from tests.persons.one_person import (
    COMPANION,
    EMAIL,
    GUEST,
    MARK,
    add_user,
    person,
    rows_with,
)

#: Another guest, as a booking holds one.
COMPANION_STORED = {"fullName": "Ida", "emailAddress": "ida@example.com"}

FIND = "/admin/persons/personrequest/find/"


def test_every_column_that_is_listed_as_personal_holds_them(everywhere: Booking) -> None:
    """A column that is added to the list is erased as well, or this fails."""
    for label, columns in PERSONAL_FIELDS.items():
        texts = columns - {"age", "age_said_at"}
        rows = apps.get_model(label).objects.values(*texts)
        for column in texts:
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


def test_another_guest_who_came_in_between_stays(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    booking, find = desk.confirmed(contact=GUEST), person_requests.find

    def find_and_replace(wanted: Person) -> Found:
        found = find(wanted)
        desk.change(booking, contact=COMPANION_STORED)
        return found

    monkeypatch.setattr(person_requests, "find", find_and_replace)
    person("erase", "--email", EMAIL, "--also-ahead")

    booking.refresh_from_db()
    assert booking.contact == COMPANION_STORED


@pytest.mark.parametrize("write", [str.lower, lambda whole: f" {whole[3:7]} {whole[7:]} "])
def test_by_reference_everyone_on_the_booking_goes(
    everywhere: Booking, write: Callable[[str], str]
) -> None:
    person("erase", "--booking", write(everywhere.supplier_reference))

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


def test_a_blank_address_matches_no_message(desk: Desk) -> None:
    """As a script gives it whose variable is empty; a waiting message has no recipient yet."""
    booking = desk.confirmed(contact=COMPANION)
    waiting = Message.objects.create(
        booking=booking, partner=booking.partner, test_mode=False, kind="TICKETS",
        outcome="WAITING", stands_since=timezone.now(), due_at=timezone.now(), recipient="",
        words="Meet at the pier.",
    )  # fmt: skip

    for blank in ("", " \u200b"):
        with pytest.raises(CommandError, match="Nothing is stored under this e-mail address"):
            person("erase", "--also-ahead", "--email", blank)

    assert Message.objects.get(pk=waiting.pk).words == "Meet at the pier."


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
