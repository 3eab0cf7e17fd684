"""Guests of a user who was deleted are erased once their travel is over."""

from typing import Any

import pytest
from django.core.management import CommandError
from django.db import connection
from django.utils import timezone

from core_site import stores
from core_site.bookings.models import Booking
from core_site.events.models import Event
from core_site.persons.models import OwedErasure
from core_site.persons.owed_erasures import erase_owed
from core_site.users.models import User
from shared_domain import bookings, persons, users
from shared_domain.partners import Access
from shared_domain.persons import Person
from shared_domain.persons.services import LOOK_AGAIN_AFTER, SETTLED_AFTER, PersonStore
from shared_domain.run_now import run_now
from tests.admin.staff import Desk
from tests.persons.one_person import (
    EMAIL,
    GUEST,
    MARK,
    add_user,
    person,
    rows_with,
)

FAIL_FOR_ONE_BOOKING = """
SET CONSTRAINTS ALL IMMEDIATE;
CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE 'a fault of the system';
END $$;
CREATE TRIGGER fail BEFORE UPDATE ON bookings_booking FOR EACH ROW
WHEN (OLD.id = {booking_id}) EXECUTE FUNCTION fail();
"""


@pytest.fixture
def user(desk: Desk) -> User:
    return add_user(desk, EMAIL)


def delete_user(desk: Desk, user: User) -> None:
    access = Access(partner_id=desk.shop.alice, test_mode=False)
    user_id = users.UserId(user.pk)
    run_now(users.delete_user(user_id, access=access, store=stores.users()))


def test_the_guest_stays_until_travel_is_over(desk: Desk, user: User) -> None:
    # The same address, by whose capitals no other person is meant.
    ticket = GUEST | {"email_address": EMAIL.upper()}
    items = (bookings.UnitItemRequest(unit_code="adult", contact=ticket),)
    ahead, over = (
        desk.confirmed(contact=GUEST, user_id=user.pk, unit_items=items) for _ in range(2)
    )
    desk._do(bookings.cancel_booking, over.uuid, reason=f"{MARK} is ill")

    delete_user(desk, user)
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


def test_a_booking_that_is_moved_after_it_was_found_keeps_its_guest(
    desk: Desk, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    booking = desk.confirmed(contact=GUEST, user_id=user.pk)
    delete_user(desk, user)

    async def find_as_if_over(owed: OwedErasure, *, store: PersonStore, **_: Any) -> Any:
        return await store.find_bookings(Person(user_id=owed.user_id))

    monkeypatch.setattr(persons, "bookings_to_erase", find_as_if_over)

    assert erase_owed() == 0
    booking.refresh_from_db()
    assert booking.contact["firstName"] == MARK


def test_one_booking_that_fails_keeps_no_other_guest(desk: Desk, user: User) -> None:
    other = add_user(desk, "ida@example.com")
    failing, erased = (desk.confirmed(contact=GUEST, user_id=owner.pk) for owner in (user, other))
    for booking, owner in ((failing, user), (erased, other)):
        desk._do(bookings.cancel_booking, booking.uuid, reason=None)
        delete_user(desk, owner)
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
    desk: Desk, user: User
) -> None:
    delete_user(desk, user)

    erase_owed()
    assert OwedErasure.objects.count() == 1
    OwedErasure.objects.update(owed_since=timezone.now() - SETTLED_AFTER, due_at=timezone.now())
    erase_owed()

    assert not OwedErasure.objects.exists()


def test_staff_find_them_by_the_users_id(desk: Desk, user: User) -> None:
    booking = desk.confirmed(contact=GUEST, user_id=user.pk)

    assert booking.supplier_reference in person("export", "--user", str(user.pk))
    with pytest.raises(CommandError, match="Still ahead"):
        person("erase", "--user", str(user.pk))
    said = person("erase", "--user", str(user.pk), "--also-ahead")

    assert said.startswith("Erased: 1 booking,")
    assert rows_with(MARK) == {}
