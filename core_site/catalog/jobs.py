"""What the worker does for the catalogue: departures for every schedule, 400 days ahead.

Each job is safe to run twice, and at the same time as another: an option's departures are locked
while they change, and a second run finds nothing to do. No job takes procrastinate's ``lock``: a
worker that is killed would keep it for ever.
"""

import logging
from datetime import datetime, timedelta

import pghistory
from django.db.models import Max, QuerySet
from django.utils import timezone
from procrastinate.contrib.django import app

from core_site import stores
from core_site.carrying_out import in_one_transaction
from core_site.catalog import generating
from core_site.catalog.models import Option
from shared_domain.availability import DAYS_AHEAD
from shared_domain.catalog import OptionId
from shared_domain.run_now import run_now
from shared_domain.time_zones import zone

logger = logging.getLogger(__name__)

#: How many daily runs may be missed before departures are called short.
RUNS_MAY_BE_MISSED = 1


@app.periodic(cron="17 2 * * *")
@app.task(queueing_lock="generate_departures")
def generate_departures(timestamp: int | None = None) -> None:
    """Bring every option's departures into line with its schedules, once a day."""
    now = timezone.now()
    with pghistory.context(job="generate_departures"):
        for option in _scheduled_options():
            _generate(option, now=now)


# A worker that starts also does what its timetable held in the last ten minutes (procrastinate's
# MAX_DELAY): so this runs at every start, however long all workers were away.
@app.periodic(cron="*/5 * * * *")
@app.task(queueing_lock="top_up_departures")
def top_up_departures(timestamp: int | None = None) -> None:
    """Generate departures where they run short, because the daily run was missed."""
    now = timezone.now()
    with pghistory.context(job="top_up_departures"):
        for option in _scheduled_options():
            if runs_short(option, now=now):
                _generate(option, now=now)


def runs_short(option: Option, *, now: datetime) -> bool:
    """True when the last departure that the schedules ask for is not there.

    ``option`` comes with ``last_date``, the date of its last departure.
    """
    today = now.astimezone(zone(option.product.time_zone)).date()
    schedules = run_now(stores.availability().schedules(OptionId(option.pk)))
    running = [it for it in schedules if it.start_times or it.opening_hours]
    for days in range(DAYS_AHEAD - RUNS_MAY_BE_MISSED, -1, -1):
        day = today + timedelta(days=days)
        if any(schedule.runs_on(day) for schedule in running):
            return option.last_date is None or option.last_date < day
    return False


def _scheduled_options() -> QuerySet[Option]:
    scheduled = Option.objects.filter(schedules__isnull=False).select_related("product")
    return scheduled.annotate(last_date=Max("departures__local_date")).order_by("pk")


def _generate(option: Option, *, now: datetime) -> None:
    """Change one option; whatever happens to it, the next one has its turn."""
    try:
        changed = in_one_transaction(lambda: generating.generate_departures(option, now=now))
    except Exception:
        logger.exception("the departures of option %s were not generated", option.pk)
    else:
        logger.info("option %s: %s departures changed", option.pk, changed)
