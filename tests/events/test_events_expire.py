"""Events expire after 90 days, oldest first; those of bookings stay on the booking's page."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone

from core_site.events import jobs
from core_site.events.models import Event, EventLog
from core_site.history.models import Removal
from core_site.partners.models import Partner

pytestmark = pytest.mark.django_db


@pytest.fixture
def partner() -> Partner:
    return Partner.objects.create(code="alpine", name="Alpine", email="it@alpine.example")


def add(partner: Partner, *, days_ago: float, is_of_booking: bool = False) -> int:
    """Add an event with its position, and return that."""
    event = Event.objects.create(
        partner=partner,
        test_mode=False,
        type="booking.updated" if is_of_booking else "product.updated",
        booking_uuid=uuid4() if is_of_booking else None,
        product_id=None if is_of_booking else 1,
        created_at=timezone.now() - timedelta(days=days_ago),
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT events_give_positions(100, 0)")
    event.refresh_from_db()
    assert event.position
    return event.position


def remaining() -> set[int | None]:
    return set(Event.objects.values_list("position", flat=True))


def test_old_events_go_up_to_the_first_young_one(
    partner: Partner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "BATCH", 2)
    old = [add(partner, days_ago=91) for _ in range(3)]
    of_booking = add(partner, days_ago=91, is_of_booking=True)
    young = add(partner, days_ago=89)
    old_behind_young = add(partner, days_ago=100)

    jobs.expire_events()

    assert remaining() == {of_booking, young, old_behind_young}
    assert EventLog.objects.get().expired_to == of_booking
    assert {tuple(removal.rows.items()) for removal in Removal.objects.all()} == {
        (("events_event", 2),), (("events_event", 1),),
    }  # fmt: skip
    assert old == [1, 2, 3]


def test_positions_go_on_when_all_events_are_gone(partner: Partner, settings: Any) -> None:
    settings.EVENTS_DAYS = 7
    last = add(partner, days_ago=8)

    jobs.expire_events()

    assert remaining() == set()
    assert add(partner, days_ago=0) == last + 1
    assert EventLog.objects.get().expired_to == last


def test_nothing_expires_in_an_empty_log() -> None:
    jobs.expire_events()

    assert not Removal.objects.exists()
