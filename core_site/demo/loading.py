"""Load the demo in one transaction: all of it, or nothing."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

import pghistory
from django.contrib.auth.models import User
from django.db import connection, transaction

from core_site.catalog.models import Supplier
from core_site.database import DjangoDatabase
from core_site.demo.bookings import BookingMaker, Reseller
from core_site.demo.catalogue import PRODUCTS, load_catalogue
from core_site.demo.copying import Actors, copy_stories, write_reserved
from core_site.demo.departures import DAYS_BACK, let_staff_change_some, load_departures
from core_site.demo.endpoints import shadow_users
from core_site.demo.partners import PARTNERS, issue_keys, load_partners
from core_site.demo.slots import Slots
from core_site.demo.staff import RESERVATIONS, Login, load_staff
from core_site.demo.users import load_documented_user, load_users
from core_site.partners.models import ApiKey, Partner
from shared_domain import catalog
from shared_domain.catalog.sql_store import SqlCatalogStore
from shared_domain.partners import Access, PartnerId
from shared_domain.run_now import run_now

DEFAULT_SEED, DEFAULT_BOOKINGS = 28, 3000

#: Fewer cannot show every state of a booking, nor a full departure.
FEWEST_BOOKINGS = 100


class AlreadyLoaded(Exception):
    """The database has a supplier, so it is somebody's; the demo leaves it alone."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What nobody could know beforehand: the logins, and the keys by partner and mode."""

    logins: dict[str, Login]
    api_keys: dict[str, dict[str, str]]

    @property
    def api_key(self) -> str:
        """The live key of the partner that sees every product."""
        return self.api_keys[PARTNERS[0]["code"]]["live"]

    @property
    def api_test_key(self) -> str:
        """The test key of the same partner: its bookings have a stock of their own."""
        return self.api_keys[PARTNERS[0]["code"]]["test"]


def load_demo(
    *, now: datetime, seed: int = DEFAULT_SEED, bookings: int = DEFAULT_BOOKINGS
) -> Loaded:
    """Fill an empty database; the same seed makes the same data, relative to the date of ``now``.

    Only logins, keys and the moments of bookings on hold differ.

    Raises:
        AlreadyLoaded: there is a supplier already, or somebody else is loading one.
    """
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    today = midnight.date()
    with transaction.atomic(), pghistory.context(job="load_demo"):
        _demand_empty()
        load_catalogue(first=today - timedelta(days=DAYS_BACK), now=midnight)
        load_partners(now=midnight)
        load_users(Random(f"users {seed}"), now=midnight)
        load_documented_user(now=midnight)
        load_departures(now=midnight)
        let_staff_change_some(today=today, now=midnight)
        resellers = _resellers()
        options = [option.id for product in resellers[0].products for option in product.options]
        slots = Slots(options, today=today, now=midnight)
        maker = BookingMaker(resellers, slots, Random(seed), how_many=bookings, now=now)
        loaded = Loaded(load_staff(), issue_keys(now=now))
        copy_stories(maker.make(), _actors(loaded), Random(f"requests {seed}"))
        write_reserved(slots.reserved)
        shadow_users(now=now)
        return loaded


def _demand_empty() -> None:
    # Two loads at once: the second waits here, and then finds the first one's supplier.
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE catalog_supplier IN SHARE ROW EXCLUSIVE MODE")
    if Supplier.objects.exists():
        raise AlreadyLoaded


def _actors(loaded: Loaded) -> Actors:
    """Return who the history of the bookings names: each partner's keys, and reservations staff."""
    keys = ApiKey.objects.values_list("partner_id", "is_test", "id")
    return Actors(
        keys={(PartnerId(partner_id), is_test): key_id for partner_id, is_test, key_id in keys},
        staff_id=User.objects.get(username=loaded.logins[RESERVATIONS].name).pk,
    )


def _resellers() -> list[Reseller]:
    store = SqlCatalogStore(DjangoDatabase())
    popularity = {shape.code: shape.popularity for shape in PRODUCTS}
    ids = dict(Partner.objects.values_list("code", "id"))
    resellers = []
    for partner in PARTNERS:
        partner_id = PartnerId(ids[partner["code"]])
        access = Access(partner_id=partner_id, test_mode=False)
        products = run_now(catalog.list_products(access=access, store=store))
        resellers.append(
            Reseller(
                id=partner_id,
                volume=partner["volume"],
                products=products,
                weights=[popularity[product.code] for product in products],
                max_hold_minutes=partner["max_hold_minutes"],
                reference=partner["reference"],
            )
        )
    return resellers
