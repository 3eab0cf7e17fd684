"""A worker that is killed in the middle of a disruption is followed by one that does the rest.

The worker is a process of its own, which stops at a booking that this test has locked.
"""

import os
import subprocess
import sys
from collections import Counter

import pytest
from django.core import mail
from django.db import transaction

from core_site.bookings.models import Booking
from core_site.catalog.models import Departure
from core_site.disruptions.jobs import resume_disruptions, send_cancellation_mails
from core_site.disruptions.models import DisruptedBooking, Disruption
from core_site.events.models import Event
from tests.disruptions import doomed_worker
from tests.disruptions.windy_day import WindyDay
from tests.harness.databases import ROOT
from tests.harness.services import url_of_this_test
from tests.harness.waiting import eventually


def count_done(disruption: Disruption) -> int:
    return DisruptedBooking.objects.filter(disruption=disruption, outcome="DONE").count()


@pytest.mark.django_db(transaction=True)
def test_nothing_is_done_twice_and_nothing_is_left_out() -> None:
    windy_day = WindyDay.dawn()
    bookings = [windy_day.desk.confirmed() for _ in range(5)]
    disruption = windy_day.start()

    with transaction.atomic():
        Booking.objects.select_for_update().get(pk=bookings[2].pk)
        worker = start_worker(disruption)
        assert eventually(lambda: count_done(disruption) == 2)
        worker.kill()
        worker.wait()

    assert count_done(disruption) == 2
    # The connection of the killed worker may keep its row locked for a moment.
    assert eventually(lambda: resume_disruptions() or count_done(disruption) == 5)
    resume_disruptions()
    send_cancellation_mails()
    cancelled = Event.objects.filter(type="booking.cancelled").values_list("booking_uuid")
    assert set(Counter(cancelled).values()) == {1}
    assert len(cancelled) == len(mail.outbox) == 5
    assert Departure.objects.get(pk=windy_day.departure.pk).reserved == 0
    disruption.refresh_from_db()
    assert disruption.finished_at is not None


def start_worker(disruption: Disruption) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-m", doomed_worker.__name__, str(disruption.pk)],
        cwd=ROOT,
        env=os.environ | {"DATABASE_URL": url_of_this_test()},
    )
