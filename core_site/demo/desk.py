"""Open the demo's own booking desk, with sales of the days before the demo is loaded."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from django.db.models import F

from core_site import stores
from core_site.catalog.direct_terms import sell_all_products
from core_site.catalog.models import Departure
from core_site.demo import changes
from core_site.demo.guests import new_guest
from core_site.demo.lives import Story, be_sent_tickets
from core_site.demo.simulation import Author, Life, TimedStep
from core_site.partners.models import Partner
from shared_domain import booking_desk, catalog
from shared_domain.booking_desk import Sale
from shared_domain.bookings import (
    DESK_CHANNELS,
    Booking,
    Channel,
    ReservationRequest,
    UnitItemRequest,
)
from shared_domain.catalog import Option, OptionId, Product
from shared_domain.partners import PartnerKind
from shared_domain.run_now import run_now

#: Sales at the desk that are tried; the domain refuses those of full departures.
SALES = 30

#: Holds for guests who will ring again.
DESK_HOLDS = 2


def open_desk(*, now: datetime) -> Partner:
    """Create the direct partner, which sells every product without commission."""
    partner = Partner.objects.create(
        code="direct-sales", name="Direct sales", kind=PartnerKind.DIRECT.value,
        email="desk@sete-colinas.example", max_held_percent=100,
        created_at=now - timedelta(days=700),
    )  # fmt: skip
    sell_all_products(partner)
    return partner


def desk_lives(
    partner: Partner, *, rng: Random, midnight: datetime, staff: Author, manager: Author
) -> Iterator[Life]:
    """Yield the desk's sales by telephone, by e-mail and to walk-ins, for days around today.

    Each of the first five is changed afterwards. ``manager`` makes one sale after the cut-off and
    one over capacity, with a reason.
    """
    store = stores.desk()
    access = partner.live_access
    products = run_now(catalog.list_products(access=access, store=store.bookings.catalog))
    sold = {option.id: (product, option) for product in products for option in product.options}
    near = (midnight - timedelta(days=3), midnight + timedelta(days=9))
    slots = list(
        Departure.objects.filter(booking_cutoff_at__range=near, is_open=True, option__in=sold)
        .order_by("starts_at", "id")
    )  # fmt: skip
    ahead = [slot for slot in slots if slot.booking_cutoff_at > midnight + timedelta(days=1)]
    changed = [changes.note, changes.move, changes.move_at_kept_price, changes.lose_a_ticket,
               changes.cancel]  # fmt: skip
    for number in range(SALES):
        is_changed = number < len(changed)
        slot = rng.choice(ahead if is_changed else slots)
        product, option = sold[OptionId(slot.option_id)]
        sale = _choose_sale(product, option, slot, rng, staff)
        latest = min(midnight, slot.booking_cutoff_at)
        at = (latest - timedelta(minutes=rng.randint(10, 4000))).replace(second=0, microsecond=0)
        if is_changed:
            at -= timedelta(days=4)
        yield _sell_and_change(
            sale, partner, at, staff, rng, changed[number] if is_changed else None
        )
    left = [slot for slot in slots if slot.booking_cutoff_at < midnight - timedelta(hours=2)]
    for slot in left[-1:]:
        product, option = sold[OptionId(slot.option_id)]
        sale = _choose_sale(product, option, slot, rng, manager)
        late = replace(sale, channel=Channel.WALK_IN, reason="Came to the pier; the guide waits.")
        at = slot.booking_cutoff_at + timedelta(minutes=2)
        yield _sell_and_change(late, partner, at, manager, rng)
    yield _oversell(partner, sold, midnight - timedelta(minutes=20), manager, rng)


def desk_holds(partner: Partner, *, rng: Random, now: datetime, staff: Author) -> Iterator[Life]:
    """Yield holds that the desk made in the last minutes, for guests who will call again."""
    store = stores.desk()
    access = partner.live_access
    products = run_now(catalog.list_products(access=access, store=store.bookings.catalog))
    sold = {option.id: (product, option) for product in products for option in product.options}

    def put_on_hold(now: datetime) -> None:
        soon = (now + timedelta(days=1), now + timedelta(days=12))
        slots = Departure.objects.filter(
            booking_cutoff_at__range=soon, is_open=True, capacity__gte=F("reserved") + 6,
            option__in=sold,
        ).order_by("starts_at", "id")  # fmt: skip
        slot = rng.choice(list(slots[:200]))
        product, option = sold[OptionId(slot.option_id)]
        sale = _choose_sale(product, option, slot, rng, staff)
        on_hold = replace(sale, channel=Channel.TELEPHONE, is_confirmed=False)
        run_now(booking_desk.sell(on_hold, access=access, now=now, store=store))

    for number in range(DESK_HOLDS):
        yield iter([TimedStep(now - timedelta(minutes=1 + 3 * number), staff, put_on_hold)])


def _sell_and_change(
    sale: Sale,
    partner: Partner,
    at: datetime,
    staff: Author,
    rng: Random,
    change: Callable[[Story], Life] | None = None,
) -> Life:
    store = stores.desk()
    made: list[Booking] = []

    def sell(now: datetime) -> None:
        sold = run_now(booking_desk.sell(sale, access=partner.live_access, now=now, store=store))
        made.append(sold.booking)

    yield TimedStep(at, staff, sell)
    if change is not None:
        for booking in made:
            story = Story(booking, {}, staff, staff, store.bookings, rng)
            yield from change(story)
            yield from be_sent_tickets(story)


def _oversell(
    partner: Partner,
    sold: Mapping[OptionId, tuple[Product, Option]],
    at: datetime,
    manager: Author,
    rng: Random,
) -> Life:
    """Sell to a full departure over its capacity; it is looked for when the step runs."""

    def sell(now: datetime) -> None:
        full = Departure.objects.filter(
            option__in=sold, option__max_units=None, option__product__pricing_per="UNIT",
            is_open=True, capacity=F("reserved"), capacity__gt=0,
            booking_cutoff_at__gt=now, has_resources=False,
        ).order_by("starts_at", "id").first()  # fmt: skip
        if full is None:
            return
        product, option = sold[OptionId(full.option_id)]
        sale = _choose_sale(product, option, full, rng, manager)
        over = replace(
            sale, channel=Channel.TELEPHONE, reason="Two regulars; a second guide comes."
        )
        run_now(booking_desk.sell(over, access=partner.live_access, now=now, store=stores.desk()))

    yield TimedStep(at, manager, sell)


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
