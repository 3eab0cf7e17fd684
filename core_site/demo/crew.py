"""Assign guides and a boat of the demo to the departures of the coming two weeks."""

from datetime import datetime, timedelta

from django.contrib.auth.models import User

from core_site import stores
from core_site.catalog.models import Departure
from core_site.resources.models import Resource
from shared_domain import resources
from shared_domain.availability import DepartureId
from shared_domain.resources import ResourceId, ResourceKind
from shared_domain.run_now import run_now

DAYS_AHEAD = timedelta(days=14)

#: Name, kind, places, and the products that it is on. The sail and the private trips share a boat.
CREW = (
    ("Gaivota", ResourceKind.BOAT, 24, ("tejo-sunset-sail", "private-yacht")),
    ("Duarte Falcão", ResourceKind.GUIDE, None, ("tejo-sunset-sail",)),
    ("Beatriz Nunes", ResourceKind.GUIDE, None, ("alfama-walk",)),
    ("Minibus 1", ResourceKind.VEHICLE, 16, ("sintra-day-trip",)),
)


def load_crew(*, now: datetime) -> None:
    """Enter guides, a boat and a minibus; a guide is the staff user of the same name."""
    staff_users = {user.get_full_name(): user for user in User.objects.filter(is_staff=True)}
    for name, kind, places, products in CREW:
        resource = Resource.objects.create(
            name=name, kind=kind.value, capacity=places, staff_user=staff_users.get(name)
        )
        ahead = Departure.objects.filter(
            option__product__code__in=products,
            starts_at__range=(now, now + DAYS_AHEAD),
        )
        ids = [DepartureId(pk) for pk in ahead.order_by("id").values_list("pk", flat=True)]
        run_now(
            resources.assign_resources([ResourceId(resource.pk)], ids, store=stores.resources())
        )
