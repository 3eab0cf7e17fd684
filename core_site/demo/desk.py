"""Opens the operator's own booking desk, and sells at it in the days before the load."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from random import Random
from uuid import UUID

from core_site import stores
from core_site.catalog.direct_terms import sell_all_products
from core_site.catalog.models import Departure
from core_site.demo.guests import new_guest
from core_site.demo.simulation import Author, Life, TimedStep
from core_site.partners.models import Partner
from shared_domain import booking_desk, catalog
from shared_domain.booking_desk import Sale
from shared_domain.bookings import DESK_CHANNELS, Channel, ReservationRequest, UnitItemRequest
from shared_domain.catalog import Option, OptionId, Product
from shared_domain.partners import PartnerKind
from shared_domain.run_now import run_now

#: Sales at the desk that are tried; the domain refuses those of full departures.
SALES = 30


def open_desk(*, now: datetime) -> Partner:
    """Write the direct partner, which sells every product without commission."""
    partner = Partner.objects.create(
        code="direct-sales", name="Direct sales", kind=PartnerKind.DIRECT.value,
        email="desk@sete-colinas.example", max_held_percent=100,
        created_at=now - timedelta(days=700),
    )  # fmt: skip
    sell_all_products(partner)
    return partner


def desk_lives(
    partner: Partner, *, rng: Random, midnight: datetime, staff: Author
) -> Iterator[Life]:
    """Yield sales by telephone, by e-mail and to people who walk in, for the days around today."""
    access = partner.live_access
    store = stores.desk()
    products = run_now(catalog.list_products(access=access, store=store.bookings.catalog))
    sold = {option.id: (product, option) for product in products for option in product.options}
    near = (midnight - timedelta(days=3), midnight + timedelta(days=9))
    slots = list(
        Departure.objects.filter(booking_cutoff_at__range=near, is_open=True, option__in=sold)
        .order_by("starts_at", "id")
    )  # fmt: skip
    for _ in range(SALES):
        slot = rng.choice(slots)
        product, option = sold[OptionId(slot.option_id)]
        sale = _choose_sale(product, option, slot, rng, staff)
        latest = min(midnight, slot.booking_cutoff_at)
        at = (latest - timedelta(minutes=rng.randint(10, 4000))).replace(second=0, microsecond=0)

        def sell(now: datetime, sale: Sale) -> None:
            run_now(booking_desk.sell(sale, access=access, now=now, store=store))

        yield iter([TimedStep(at, staff, partial(sell, sale=sale))])


def _choose_sale(
    product: Product, option: Option, slot: Departure, rng: Random, staff: Author
) -> Sale:
    guest = new_guest(rng)
    names = {name: guest[name] for name in ("first_name", "last_name")}
    adult = option.units[0]
    tickets = max(option.min_units, rng.choice((1, 2, 2, 3)))
    return Sale(
        request=ReservationRequest(
            product_code=product.code,
            option_code=option.code,
            availability_id=slot.availability_id,
            unit_items=tuple(
                UnitItemRequest(
                    unit_code=adult.code,
                    uuid=_new_uuid(rng),
                    contact=names if adult.required_contact_fields else {},
                )
                for _ in range(tickets)
            ),
            uuid=_new_uuid(rng),
            contact=guest,
            email_receipt=False,
        ),
        channel=Channel.WALK_IN if rng.random() < 0.4 else rng.choice(DESK_CHANNELS),
        is_confirmed=True,
        staff_user_id=int(str(staff["user"])),
    )


def _new_uuid(rng: Random) -> UUID:
    return UUID(int=rng.getrandbits(128), version=4)
