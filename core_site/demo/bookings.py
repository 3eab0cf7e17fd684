"""Make up thousands of bookings in memory, each step by the services that the API calls.

References and codes are drawn again from the seed at the end, since the domain's own cannot be
foreseen, and must not be.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from random import Random
from typing import cast
from uuid import UUID

from core_site.demo import lives
from core_site.demo.guests import NOTES, new_guest
from core_site.demo.in_memory import InMemoryBookings
from core_site.demo.lives import DoesNotFit, Life, Story
from core_site.demo.parties import choose_party, choose_to_fill, new_uuid
from core_site.demo.products_documented import (
    DOCUMENTED_BOOKING,
    DOCUMENTED_CODE,
    DOCUMENTED_DAYS_AHEAD,
)
from core_site.demo.slots import ONE_DAY, Slots
from shared_domain import bookings
from shared_domain.availability import Departure, stock_for
from shared_domain.bookings import Booking, BookingStore, ReservationRequest, UnitItemRequest
from shared_domain.catalog import Option, OptionId, Product
from shared_domain.partners import Access, PartnerId
from shared_domain.refusals import Refused
from shared_domain.run_now import run_now

#: How likely each life is, for travel in the past, in the future, and without a date.
PAST: Mapping[Life, int] = {
    lives.come: 62, lives.come_in_part: 6, lives.be_confirmed: 8, lives.cancel_in_time: 9,
    lives.cancel_late: 5, lives.cancel_late_for_a_part: 9, lives.expire: 6, lives.give_up: 3,
    lives.be_rejected: 8,
}  # fmt: skip
FUTURE: Mapping[Life, int] = {
    lives.be_confirmed: 74, lives.cancel_in_time: 9, lives.cancel_late: 1, lives.expire: 6,
    lives.give_up: 3, lives.stay_held: 2, lives.wait_for_staff: 30, lives.be_rejected: 6,
}  # fmt: skip
UNDATED: Mapping[Life, int] = {
    lives.be_confirmed: 45, lives.come: 30, lives.come_in_part: 6, lives.cancel_in_time: 8,
    lives.expire: 6, lives.give_up: 3, lives.stay_held: 2,
}  # fmt: skip

#: Their codes never admit anybody, so those who come are never among them.
TEST_SHARE = 0.04

#: More than enough: about one in two falls through, for want of places or of time.
MOST_ATTEMPTS = 5000


@dataclass(frozen=True, slots=True)
class Reseller:
    """A partner with the products that it sees, each as often as it is popular."""

    id: PartnerId
    volume: int
    products: Sequence[Product]
    weights: Sequence[int]
    max_hold_minutes: int
    reference: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for: any of these is chosen by chance where it is None."""

    life: Life | None = None
    times: Mapping[Life, int] | None = None
    departure: tuple[OptionId, Departure] | None = None
    test_mode: bool | None = None


class BookingMaker:
    """Makes up stories until there are enough; the same seed makes up the same ones."""

    def __init__(
        self,
        resellers: Sequence[Reseller],
        slots: Slots,
        rng: Random,
        *,
        how_many: int,
        now: datetime,
    ) -> None:
        self._resellers = resellers
        self._slots = slots
        self._rng = rng
        self._now = now.replace(microsecond=0)
        #: Bookings end with yesterday, so that a day's data is the same at every hour of it.
        self._midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        self._today = self._midnight.date()
        self._number = 1000
        # Many bookings need more room than the last weeks and the next have.
        self._share_of_past = min(0.45, max(0.2, 2700 / how_many))
        self._usual_days_ahead = max(30.0, min(120.0, how_many / 150))
        self._how_many = how_many

    def make(self) -> list[Story]:
        """Return the stories, the oldest first: each kind once, some full departures, then any."""
        stories = [self._documented()]
        stories += [self._fitting(wanted) for wanted in _each_kind_once()]
        for option_id, departure in self._to_fill(max(3, self._how_many // 150)):
            stories += self._filling(option_id, departure)
        while len(stories) < self._how_many:
            stories.append(self._fitting(Wanted()))
        return sorted(stories, key=lambda story: (story.booking.created_at, story.booking.uuid))

    def _fitting(self, wanted: Wanted) -> Story:
        for _ in range(MOST_ATTEMPTS):
            try:
                return self._attempt(wanted)
            except (DoesNotFit, Refused):
                continue
        raise RuntimeError(f"no booking fits {wanted}")

    def _attempt(self, wanted: Wanted) -> Story:
        rng = self._rng
        reseller, product, option = self._choose_product(wanted)
        times = wanted.times or (PAST if rng.random() < self._share_of_past else FUTURE)
        departure = None
        if wanted.departure is not None:
            departure = self._slots.as_offered(wanted.departure[1])
        elif times is UNDATED or (not product.availability_required and rng.random() < 0.6):
            times = UNDATED
            if product.availability_required:
                raise DoesNotFit
        else:
            departure = self._slots.near(option.id, self._travel_date(times), rng)
        life = wanted.life or rng.choices(list(times), list(times.values()))[0]
        party = (
            choose_to_fill(option, departure, rng)
            if wanted.departure and departure
            else choose_party(option, rng)
        )
        test_mode = rng.random() < TEST_SHARE if wanted.test_mode is None else wanted.test_mode
        story = self._reserved(reseller, product, option, departure, party, life, test_mode)
        life(story)
        return self._finished(story)

    def _documented(self) -> Story:
        """Return the confirmed booking that the API documentation's examples name."""
        reseller = self._resellers[0]
        product = next(sold for sold in reseller.products if sold.code == DOCUMENTED_CODE)
        (option,) = product.options
        day = self._today + DOCUMENTED_DAYS_AHEAD * ONE_DAY
        departure = self._slots.near(option.id, day, self._rng)
        party = choose_to_fill(option, departure, self._rng)
        story = self._reserved(
            reseller, product, option, departure, party, lives.be_confirmed, test_mode=False,
            uuid=DOCUMENTED_BOOKING,
        )  # fmt: skip
        lives.be_confirmed(story)
        return self._finished(story)

    def _choose_product(self, wanted: Wanted) -> tuple[Reseller, Product, Option]:
        rng = self._rng
        reseller = rng.choices(self._resellers, [it.volume for it in self._resellers])[0]
        if wanted.departure is None:
            product = rng.choices(reseller.products, reseller.weights)[0]
            return reseller, product, rng.choice(product.options)
        for product in reseller.products:
            for option in product.options:
                if option.id == wanted.departure[0]:
                    return reseller, product, option
        raise DoesNotFit

    def _travel_date(self, times: Mapping[Life, int]) -> date:
        if times is PAST:
            return self._today - self._rng.randint(1, 58) * ONE_DAY
        return (
            self._today + min(395, int(self._rng.expovariate(1 / self._usual_days_ahead))) * ONE_DAY
        )

    def _reserved(
        self,
        reseller: Reseller,
        product: Product,
        option: Option,
        departure: Departure | None,
        party: tuple[UnitItemRequest, ...],
        life: Life,
        test_mode: bool,
        uuid: UUID | None = None,
    ) -> Story:
        rng = self._rng
        access = Access(partner_id=reseller.id, test_mode=test_mode)
        if departure is not None and test_mode:
            departure = self._slots.as_offered(departure, stock_for(access))
        is_held = life is lives.stay_held
        minutes = reseller.max_hold_minutes if is_held else 30
        guest = new_guest(rng)
        knows_guest = rng.random() < 0.6
        self._number += 1
        wish = ReservationRequest(
            product_code=product.code,
            option_code=option.code,
            availability_id=departure.availability_id if departure else None,
            unit_items=party,
            uuid=uuid or new_uuid(rng),
            expiration_minutes=minutes,
            contact=guest if knows_guest else {},
            notes=rng.choice(NOTES) if rng.random() < 0.12 else None,
            reseller_reference=reseller.reference.format(self._number)
            if rng.random() < 0.85
            else None,
            email_receipt=rng.random() < 0.35,
            currency=rng.choice(product.available_currencies) if rng.random() < 0.3 else None,
        )
        latest = self._now if is_held else self._midnight
        created_at = (
            self._now - timedelta(seconds=int(rng.uniform(0.05, 0.6) * minutes * 60))
            if is_held
            else self._moment_of_reserving(departure)
        )
        store = InMemoryBookings(product, departure, reseller.max_hold_minutes)
        # All that a reservation asks of a store; the rest is not there.
        reserving = cast(BookingStore, store)
        run_now(bookings.reserve_booking(wish, access=access, now=created_at, store=reserving))
        return Story(store, guest, latest, rng)

    def _moment_of_reserving(self, departure: Departure | None) -> datetime:
        """Return a moment before the sale ends, mostly within the weeks before travel or today."""
        ends = self._midnight - timedelta(hours=1)
        if departure is not None:
            ends = min(ends, departure.booking_cutoff_at - timedelta(minutes=45))
        days = min(150.0, self._rng.expovariate(1 / 16))
        return ends - timedelta(seconds=int(days * 86_400))

    def _finished(self, story: Story) -> Story:
        """Take the places, and give the booking the references and codes of the seed."""
        booking = story.booking
        if booking.departure is not None:
            is_taking = booking.status.takes_places
            stock = stock_for(booking.access)
            self._slots.take(booking.departure, booking.places, stock, for_good=is_taking)
        story.store.rewrite(_with_codes_of(booking, self._rng))
        return story

    def _to_fill(self, how_many: int) -> list[tuple[OptionId, Departure]]:
        first, last = self._today + 2 * ONE_DAY, self._today + 90 * ONE_DAY
        found = [
            (option.id, departure)
            for product in self._resellers[0].products
            for option in product.options
            for departure in self._slots.untouched(
                option.id, first=first, last=last, most_places=14
            )
        ]
        return self._rng.sample(found, how_many)

    def _filling(self, option_id: OptionId, departure: Departure) -> Iterator[Story]:
        while self._slots.as_offered(departure).vacancies:
            yield self._fitting(
                Wanted(lives.be_confirmed, FUTURE, (option_id, departure), test_mode=False)
            )


def _each_kind_once() -> Iterator[Wanted]:
    for times in (PAST, FUTURE, UNDATED):
        for life in times:
            yield Wanted(life, times, test_mode=False)
    for life in (lives.stay_held, lives.be_confirmed, lives.cancel_in_time):
        yield Wanted(life, FUTURE, test_mode=True)


#: Source: shared_domain.bookings.codes. Crockford's base 32.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def _with_codes_of(booking: Booking, rng: Random) -> Callable[[Booking], Booking]:
    """Return what gives each version of a booking the references and codes of the seed."""
    reference = "PT-" + _code(rng, 10)
    voucher = _code(rng, 16) if booking.voucher_code else None
    tickets = {
        item.uuid: (f"{reference}-{number}", _code(rng, 16) if item.ticket_code else None)
        for number, item in enumerate(booking.unit_items, start=1)
    }

    def rewritten(version: Booking) -> Booking:
        return replace(
            version,
            supplier_reference=reference,
            voucher_code=version.voucher_code and voucher,
            unit_items=tuple(
                replace(
                    item,
                    supplier_reference=tickets[item.uuid][0],
                    ticket_code=item.ticket_code and tickets[item.uuid][1],
                )
                for item in version.unit_items
            ),
        )

    return rewritten


def _code(rng: Random, length: int) -> str:
    return "".join(rng.choices(_ALPHABET, k=length))
