"""Load the demo data, all of it in one transaction."""

from datetime import datetime, timedelta
from random import Random
from typing import Any

import pghistory
from django.contrib.auth.models import User
from django.db import connection, transaction

from core_site.catalog.models import Supplier
from core_site.demo.attendance import mark_attendance
from core_site.demo.bookings import make_bookings
from core_site.demo.catalogue import load_catalogue
from core_site.demo.crew import load_crew
from core_site.demo.departures import DAYS_BACK, load_departures
from core_site.demo.desk import desk_holds, desk_lives, open_desk
from core_site.demo.locations import load_locations
from core_site.demo.messages import load_messages
from core_site.demo.notifications import load_notifications
from core_site.demo.partners import issue_keys, load_partners, load_users
from core_site.demo.payments import record_payments
from core_site.demo.rollout import shadow_users
from core_site.demo.simulation import date_other_events
from core_site.demo.simulation_sql_store import LOCK_SUPPLIERS
from core_site.demo.staff import FINANCE, RESERVATIONS, load_staff
from core_site.demo.usage import load_usage
from core_site.demo.weather import black_out_slip_week
from core_site.demo.webhooks import load_webhooks

DEFAULT_SEED, DEFAULT_BOOKINGS = 28, 600

#: Fewer cannot show every state of a booking, nor a full departure.
FEWEST_BOOKINGS = 100


class AlreadyLoaded(Exception):
    """The database has a supplier, so it is in use, and no demo data were loaded."""


def load_demo(
    *, now: datetime, seed: int = DEFAULT_SEED, bookings: int = DEFAULT_BOOKINGS
) -> dict[str, Any]:
    """Fill an empty database, and return its logins and API keys, as ``load_demo --json`` prints.

    The same seed makes the same data relative to the date of ``now``, except for logins, keys, the
    references and codes of bookings, and the times of bookings on hold.

    Raises:
        AlreadyLoaded: there is a supplier. A load in another process is waited for first.
    """
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    with transaction.atomic():
        _require_empty()
        with pghistory.context(job="load_demo"):
            load_catalogue(first=midnight.date() - timedelta(days=DAYS_BACK), now=midnight)
            load_locations()
            load_partners(now=midnight)
            load_users(Random(f"users {seed}"), now=midnight)
            load_departures(now=midnight)
            api_keys = issue_keys(now=now)
            load_usage(Random(f"usage {seed}"), now=now)
            staff = load_staff()
            shadow_users(now=now)
        reservations = User.objects.get(username=staff[RESERVATIONS]["user"])
        author = {"user": reservations.pk}
        manager = {"user": User.objects.get(username=staff["admin"]["user"]).pk}
        direct = open_desk(now=midnight)
        desk_rng = Random(f"desk {seed}")
        sales = desk_lives(direct, rng=desk_rng, midnight=midnight, staff=author, manager=manager)
        held = desk_holds(direct, rng=Random(f"held {seed}"), now=now, staff=author)
        make_bookings(
            rng=Random(seed), how_many=bookings, now=now, staff=author, others=sales, held=held
        )
        mark_attendance(now=now)
        black_out_slip_week(now=midnight, staff=author)
        with pghistory.context(job="load_demo"):
            load_crew(now=midnight)
            load_messages(now=now)
            load_webhooks(now=now)
            load_notifications(now=now)
        finance = {"user": User.objects.get(username=staff[FINANCE]["user"]).pk}
        record_payments(rng=Random(f"payments {seed}"), now=now, staff=finance)
        # Younger than PORTICO_EVENTS_DAYS, so that the log can be read from its beginning.
        date_other_events(opened_at=midnight - timedelta(days=60))
    # The first partner sees every product; bookings of its test key have a stock of their own.
    keys = next(iter(api_keys.values()))
    admin = staff.pop("admin")
    return {
        "loaded": True,
        "admin_user": admin["user"],
        "admin_password": admin["password"],
        "api_key": keys["live"],
        "api_test_key": keys["test"],
        "api_keys": api_keys,
        "staff": staff,
    }


def _require_empty() -> None:
    with connection.cursor() as cursor:
        cursor.execute(LOCK_SUPPLIERS)
    if Supplier.objects.exists():
        raise AlreadyLoaded
