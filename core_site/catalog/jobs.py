"""The worker's jobs for the catalogue: generate departures of every schedule, 400 days ahead.

Each job is idempotent and may run concurrently: an option's departures are locked while they
change, and a second run finds nothing to do. No job takes procrastinate's ``lock``, which a killed
worker would keep for ever.
"""

import logging
from datetime import datetime

import pghistory
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from procrastinate.contrib.django import app

from core_site import stores
from core_site.catalog import departure_generation
from core_site.catalog.models import Departure, Option, Schedule
from core_site.transactions import in_one_transaction
from shared_domain import availability
from shared_domain.catalog import OptionId
from shared_domain.run_now import run_now

logger = logging.getLogger(__name__)


@app.periodic(cron="17 2 * * *")
@app.task(queueing_lock="generate_departures")
def generate_departures(timestamp: int | None = None) -> None:
    """Generate every option's departures by its schedules and the time-zone rules, once a day."""
    now = timezone.now()
    with pghistory.context(job="generate_departures"):
        for option in _options_to_follow(now=now):
            _generate(option, now=now)


# A worker that starts also does what its timetable held in the last ten minutes (procrastinate's
# MAX_DELAY): so this runs at every start, however long all workers were away.
@app.periodic(cron="*/5 * * * *")
@app.task(queueing_lock="top_up_departures")
def top_up_departures(timestamp: int | None = None) -> None:
    """Generate departures again after a missed daily run, or after new rules of ``tzdata``."""
    now = timezone.now()
    with pghistory.context(job="top_up_departures"):
        for option in _options_to_follow(now=now):
            if _runs_short(option, now=now):
                _generate(option, now=now)


def _runs_short(option: Option, *, now: datetime) -> bool:
    return run_now(
        availability.needs_generation(OptionId(option.pk), now=now, store=stores.availability())
    )


def _options_to_follow(*, now: datetime) -> QuerySet[Option]:
    """Return those with a schedule, or with departures ahead: their zone may change as well."""
    of_option = {"option": OuterRef("pk")}
    ahead = Departure.objects.filter(**of_option, ends_at__gt=now)
    scheduled = Schedule.objects.filter(**of_option)
    return Option.objects.filter(Exists(scheduled) | Exists(ahead)).order_by("pk")


def _generate(option: Option, *, now: datetime) -> None:
    """Generate the departures of one option; an error is logged and stops no other option."""
    try:
        changes = in_one_transaction(
            lambda: departure_generation.generate_departures(option, now=now)
        )
    except Exception:
        logger.exception("the departures of option %s were not generated", option.pk)
    else:
        logger.info("option %s: %s", option.pk, departure_generation.summary(changes))
