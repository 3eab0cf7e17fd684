"""Generate the demo's departures from sixty days ago on, and close some of them."""

from datetime import datetime, timedelta

from core_site import stores
from core_site.catalog.models import Departure, Option
from core_site.demo.catalogue import DOCUMENTED_PRODUCT
from shared_domain import availability, catalog
from shared_domain.run_now import run_now

DAYS_BACK = 60


def load_departures(*, now: datetime) -> None:
    """Generate every option's departures as of 60 days ago, then as of ``now``; close a few."""
    store = stores.availability()
    for pk in Option.objects.order_by("id").values_list("id", flat=True):
        option_id = catalog.OptionId(pk)
        for at in (now - timedelta(days=DAYS_BACK), now):
            run_now(availability.generate_departures(option_id, now=at, store=store))
    future = Departure.objects.filter(starts_at__gt=now + timedelta(days=2)).order_by("id")
    others = future.exclude(option__product__code=DOCUMENTED_PRODUCT)
    for pk in others.values_list("id", flat=True)[::401]:
        closed = availability.DepartureId(pk)
        run_now(availability.set_departure_open(closed, is_open=False, now=now, store=store))
