"""Make random bookings of every kind around today; the same seed makes the same bookings."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from typing import Any, NamedTuple
from uuid import UUID

from core_site import stores
from core_site.catalog.models import Departure
from core_site.demo import changes, lives
from core_site.demo.catalogue import (
    DOCUMENTED_BOOKING,
    DOCUMENTED_DAYS_AHEAD,
    DOCUMENTED_PRODUCT,
    PRODUCTS,
)
from core_site.demo.guests import NOTES, new_guest
from core_site.demo.lives import DAY, HOUR, MINUTE, Story
from core_site.demo.partners import PARTNERS
from core_site.demo.pickups import choose_pickup
from core_site.demo.simulation import Author, Life, Simulation, TimedStep, date_back
from core_site.demo.weather import cancel_windy_sail
from core_site.partners.models import ApiKey, Partner
from core_site.users.models import User
from shared_domain import bookings, catalog
from shared_domain.bookings import Booking, ReservationRequest, UnitItemRequest
from shared_domain.catalog import Option, Product, Unit, UnitType
from shared_domain.partners import Access, PartnerId, PartnerKind
from shared_domain.refusals import Refused
from shared_domain.run_now import run_now


class BookingKind(NamedTuple):
    """A kind of booking: its life, and its weights among past, future and undated bookings."""

    life: Callable[[Story], Life]
    past: int = 0
    future: int = 0
    undated: int = 0


CONFIRMED = BookingKind(lives.be_confirmed, past=8, future=74, undated=45)
EXPIRED = BookingKind(lives.do_nothing, past=6, future=6, undated=6)
HELD = BookingKind(lives.do_nothing, future=2, undated=3)
KINDS = (
    CONFIRMED,
    EXPIRED,
    HELD,
    BookingKind(lives.come, past=62, undated=30),
    BookingKind(lives.come_in_part, past=6, undated=6),
    BookingKind(lives.cancel_in_time, past=9, future=9, undated=8),
    BookingKind(lives.cancel_late, past=9, future=1),
    BookingKind(lives.wait_for_staff, future=6),
    BookingKind(lives.be_rejected, past=2, future=3),
    BookingKind(changes.change_by_staff, future=5),
)

#: Products with a booking of every kind: staff accept the first ones, cancelling the second ones
#: late costs a part, the third ones need no date.
COMPLETE = ("sintra-day-trip", "pastel-baking-class", "seven-hills-pass")

#: How often a reservation is tried: with other people each time, on later days every fourth time.
MOST_ATTEMPTS = 40

#: The columns that are read of each of 10,000 departures.
READ_OF_A_SLOT = (
    "option",
    "availability_id",
    "local_date",
    "booking_cutoff_at",
    "capacity",
    "is_open",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sale:
    """A sale to be made: what a partner reserves, and the kind of booking that it becomes."""

    partner: Partner
    product: Product
    option: Option
    slot: Departure | None
    kind: BookingKind = CONFIRMED
    #: Chosen at random if empty.
    party: Sequence[Unit] = ()
    is_test: bool = False
    uuid: UUID | None = None


def make_bookings(
    *,
    rng: Random,
    how_many: int,
    now: datetime,
    staff: Author,
    others: Iterable[Life] = (),
    held: Iterable[Life] = (),
) -> None:
    """Make at least ``how_many`` bookings through the services, dated before ``now``.

    ``others`` are further lives to simulate. All of these end before today; only holds, with those
    in ``held``, are dated today.
    """
    maker = BookingMaker(rng, now=now.replace(microsecond=0), staff=staff)
    simulation = Simulation(rng)
    for sale in maker.choose(how_many):
        # All but holds end with yesterday, so that a day's data is the same at every hour of it.
        simulation.add(maker.live(sale), latest=now if sale.kind is HELD else maker.midnight)
    for life in others:
        simulation.add(life, latest=maker.midnight)
    for life in held:
        simulation.add(life, latest=now)
    # The log of events is in the order of their times: what is held today comes afterwards.
    simulation.run(until=maker.midnight)
    cancel_windy_sail(now=maker.midnight, staff=staff)
    simulation.run()
    date_back()


class BookingMaker:
    """Chooses sales at random, and makes their reservations through the services."""

    def __init__(self, rng: Random, *, now: datetime, staff: Author) -> None:
        self._rng = rng
        self._now = now
        self.midnight = now.replace(hour=0, minute=0, second=0)
        self._today = self.midnight.date()
        self._staff = staff
        # One store for all bookings, since it caches the products that it has read.
        self._store = stores.bookings()
        self._partners = list(
            Partner.objects.filter(kind=PartnerKind.RESELLER.value).order_by("id")
        )
        store = self._store.catalog
        self._products = {
            partner.pk: run_now(catalog.list_products(access=_access(partner), store=store))
            for partner in self._partners
        }
        keys = ApiKey.objects.values_list("partner_id", "is_test", "id")
        self._keys = {(partner_id, is_test): key_id for partner_id, is_test, key_id in keys}
        self._slots: dict[int, list[Departure]] = defaultdict(list)
        for departure in Departure.objects.order_by("starts_at", "id").only(*READ_OF_A_SLOT):
            self._slots[departure.option_id].append(departure)
        self._adults: dict[int, list[User]] = defaultdict(list)
        for user in User.objects.filter(test_mode=False, age__range=(30, 50)).order_by("id"):
            self._adults[user.partner_id].append(user)
        self._number = 1000

    def choose(self, how_many: int) -> Iterator[Sale]:
        """Yield the documented sale, sales that fill departures, all kinds, then random sales."""
        yield self._documented_sale()
        yield from self._fill(max(4, how_many // 100))
        for code in COMPLETE:
            for kind in KINDS:
                yield self._choose("past" if kind.past > kind.future else "future", code, kind)
        for _ in range(how_many):
            yield self._choose("past" if self._rng.random() < 0.45 else "future")

    def live(self, sale: Sale) -> Life:
        """Yield the steps of a sale: the reservation, the life of its kind, and its expiry."""
        author = {"api_key": self._keys[sale.partner.pk, sale.is_test]}
        minutes = PARTNERS[sale.partner.code]["max_hold_minutes"] if sale.kind is HELD else 30
        guest = new_guest(self._rng)
        reserved: list[Booking] = []
        yield TimedStep(
            self._moment_of_reserving(sale, minutes),
            author,
            lambda now: reserved.append(self._reserve(sale, guest, minutes, now)),
        )
        for booking in reserved:
            story = Story(booking, guest, author, self._staff, self._store, self._rng)
            yield from sale.kind.life(story)
            yield from lives.expire(story)

    def _choose(self, times: str, code: str | None = None, kind: BookingKind | None = None) -> Sale:
        rng = self._rng
        volumes = [PARTNERS[partner.code]["volume"] for partner in self._partners]
        partner = rng.choices(self._partners, volumes)[0] if code is None else self._partners[0]
        products = self._products[partner.pk]
        weights = [
            PRODUCTS[product.code]["popularity"] if code is None else product.code == code
            for product in products
        ]
        product = rng.choices(products, weights)[0]
        option = rng.choice(product.options)
        if not product.availability_required and kind is not HELD and rng.random() < 0.6:
            times = "undated"
        return Sale(
            partner=partner,
            product=product,
            option=option,
            slot=None if times == "undated" else self._slot(option, self._travel_date(times)),
            kind=kind or rng.choices(KINDS, [getattr(each, times) for each in KINDS])[0],
            is_test=kind is None and rng.random() < 0.04,
        )

    def _documented_sale(self) -> Sale:
        partner = self._partners[0]
        products = {product.code: product for product in self._products[partner.pk]}
        product = products[DOCUMENTED_PRODUCT]
        (option,) = product.options
        slot = self._slot(option, self._today + DOCUMENTED_DAYS_AHEAD * DAY)
        return Sale(
            partner=partner, product=product, option=option, slot=slot, party=option.units[:1],
            uuid=DOCUMENTED_BOOKING,
        )  # fmt: skip

    def _fill(self, how_many: int) -> Iterator[Sale]:
        """Yield what takes every place of some small departures, two at a time."""
        partner = self._partners[0]
        first, last = self._today + 2 * DAY, self._today + 90 * DAY
        small = [
            (product, option, slot)
            for product in self._products[partner.pk]
            for option in product.options
            for slot in self._slots[option.id]
            if first <= slot.local_date <= last and slot.is_open and (slot.capacity or 99) <= 14
        ]
        for product, option, slot in self._rng.sample(small, how_many):
            unit = option.units[0]
            for places in range((slot.capacity or 0) // unit.pax_count, 0, -2):
                party = [unit] * min(2, places)
                yield Sale(partner=partner, product=product, option=option, slot=slot, party=party)

    def _slot(self, option: Option, day: date) -> Departure:
        """Return a departure of that day, or of the next day that has one."""
        slots = self._slots[option.id]
        start = min(bisect_left(slots, day, key=_day), len(slots) - 1)
        end = bisect_left(slots, slots[start].local_date + DAY, key=_day)
        return slots[self._rng.randrange(start, end)]

    def _travel_date(self, times: str) -> date:
        if times == "past":
            return self._today - self._rng.randint(1, 58) * DAY
        return self._today + int(self._rng.expovariate(1 / 30)) * DAY

    def _moment_of_reserving(self, sale: Sale, minutes: int) -> datetime:
        """Return a moment before the sale ends, mostly within the weeks before travel or today."""
        if sale.kind is HELD:
            return self._now - timedelta(seconds=int(self._rng.uniform(3, 36) * minutes))
        ends = self.midnight - HOUR
        if sale.slot is not None:
            ends = min(ends, sale.slot.booking_cutoff_at - 45 * MINUTE)
        days = min(150.0, self._rng.expovariate(1 / 16))
        return ends - timedelta(seconds=int(days * 86_400))

    def _reserve(self, sale: Sale, guest: dict[str, Any], minutes: int, now: datetime) -> Booking:
        rng, slot = self._rng, sale.slot
        self._number += 1
        reference = PARTNERS[sale.partner.code]["reference"].format(self._number)
        wish: dict[str, Any] = {
            "contact": guest if rng.random() < 0.6 else {},
            "notes": rng.choice(NOTES) if rng.random() < 0.12 else None,
            "reseller_reference": reference if rng.random() < 0.85 else None,
            "email_receipt": rng.random() < 0.35,
            "currency": rng.choice((None, None, *sale.product.available_currencies)),
            **choose_pickup(sale.product.code, self._number),
        }
        access = _access(sale.partner, test_mode=sale.is_test)
        for attempt in range(1 if sale.party else MOST_ATTEMPTS):
            if slot is not None and attempt % 4 == 3:
                slot = self._slot(sale.option, slot.local_date + DAY)
            party = sale.party or choose_party(sale.option, rng)
            wish["user_id"] = self._choose_user(sale, party, now)
            request = ReservationRequest(
                product_code=sale.product.code,
                option_code=sale.option.code,
                availability_id=slot.availability_id if slot else None,
                unit_items=tuple(_unit_item(unit, rng) for unit in party),
                uuid=sale.uuid or _new_uuid(rng),
                expiration_minutes=minutes,
                **wish,
            )
            try:
                return run_now(
                    bookings.reserve_booking(request, access=access, now=now, store=self._store)
                )
            except Refused as refused:
                refusal = refused
        raise refusal

    def _choose_user(self, sale: Sale, party: Sequence[Unit], now: datetime) -> UUID | None:
        """Return an adult user of the partner for every fourth booking, by its number.

        Not by chance, and only where an adult travels: all other bookings stay as they are.
        """
        has_adult = any(unit.type is UnitType.ADULT for unit in party)
        if self._number % 4 or sale.is_test or not has_adult:
            return None
        known = [user.pk for user in self._adults[sale.partner.pk] if user.created_at <= now]
        return known[self._number // 4 % len(known)] if known else None


def choose_party(option: Option, rng: Random) -> list[Unit]:
    """Return a random party: mostly two adults, sometimes with children, or a family ticket."""
    leading = [unit for unit in option.units if not unit.accompanied_by]
    first = rng.choice([*leading[:1] * 4, *leading])
    many = 1 if first.pax_count > 1 else rng.choices((1, 2, 3, 4, 5), (18, 52, 12, 14, 4))[0]
    party = [first] * max(many, option.min_units)
    for unit in option.units:
        if first.code in unit.accompanied_by and rng.random() < 0.18:
            party += [unit] * rng.choice((1, 1, 2))
    return party


def _unit_item(unit: Unit, rng: Random) -> UnitItemRequest:
    guest = new_guest(rng) if unit.required_contact_fields else {}
    contact = {name: guest[name] for name in ("first_name", "last_name") if guest}
    return UnitItemRequest(unit_code=unit.code, uuid=_new_uuid(rng), contact=contact)


def _access(partner: Partner, *, test_mode: bool = False) -> Access:
    return Access(partner_id=PartnerId(partner.pk), test_mode=test_mode)


def _day(slot: Departure) -> date:
    return slot.local_date


def _new_uuid(rng: Random) -> UUID:
    return UUID(int=rng.getrandbits(128), version=4)
