"""Opens the operator's own booking desk, and sells at it what the next days have left."""

from datetime import datetime, timedelta
from random import Random
from uuid import UUID

import pghistory

from core_site import stores
from core_site.catalog.direct_terms import sell_all_products
from core_site.catalog.models import Departure
from core_site.demo.guests import new_guest
from core_site.demo.simulation import Author
from core_site.partners.models import Partner
from shared_domain import booking_desk, catalog
from shared_domain.booking_desk import Sale
from shared_domain.bookings import DESK_CHANNELS, Channel, ReservationRequest, UnitItemRequest
from shared_domain.partners import Access, PartnerId, PartnerKind
from shared_domain.refusals import Refused
from shared_domain.run_now import run_now

DIRECT = "direct-sales"

#: Sales at the desk that are tried; some departures are full, or ask for more of their guests.
SALES = 24


def open_desk(*, now: datetime) -> Partner:
    """Write the direct partner, which sells every product without commission."""
    partner = Partner.objects.create(
        code=DIRECT, name="Direct sales", kind=PartnerKind.DIRECT.value,
        email="desk@sete-colinas.example", max_hold_minutes=2880, max_held_percent=100,
        created_at=now - timedelta(days=700),
    )  # fmt: skip
    sell_all_products(partner)
    return partner


def sell_at_desk(partner: Partner, *, rng: Random, now: datetime, staff: Author) -> None:
    """Sell by telephone, by e-mail and to people who walk in; the last two sales stay on hold."""
    access = Access(partner_id=PartnerId(partner.pk), test_mode=False)
    store = stores.desk()
    products = run_now(catalog.list_products(access=access, store=store.bookings.catalog))
    by_option = {option.id: (product, option) for product in products for option in product.options}
    soon = Departure.objects.filter(
        booking_cutoff_at__gt=now + timedelta(hours=1), starts_at__lt=now + timedelta(days=6),
        is_open=True, option__in=by_option,
    )  # fmt: skip
    slots = list(soon.order_by("starts_at", "id"))
    for sale in range(SALES):
        slot = rng.choice(slots)
        product, option = by_option[catalog.OptionId(slot.option_id)]
        guest = new_guest(rng)
        channel = Channel.WALK_IN if rng.random() < 0.4 else rng.choice(DESK_CHANNELS)
        names = {name: guest[name] for name in ("first_name", "last_name")}
        request = ReservationRequest(
            product_code=product.code,
            option_code=option.code,
            availability_id=slot.availability_id,
            unit_items=tuple(
                UnitItemRequest(
                    unit_code=option.units[0].code,
                    contact=names if option.units[0].required_contact_fields else {},
                )
                for _ in range(max(option.min_units, rng.choice((1, 2, 2, 3))))
            ),
            uuid=UUID(int=rng.getrandbits(128), version=4),
            expiration_minutes=1440,
            contact=guest,
        )
        made = booking_desk.sell(
            Sale(
                request=request,
                channel=channel,
                is_confirmed=sale < SALES - 2,
                staff_user_id=int(str(staff["user"])),
            ),
            access=access,
            now=now,
            store=store,
        )
        with pghistory.context(**staff):
            try:
                run_now(made)
            except Refused:
                # As at a real desk: another departure is offered.
                continue
