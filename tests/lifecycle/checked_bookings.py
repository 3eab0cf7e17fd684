"""What the steps of bookings' lives are made of: each runs a service and checks what it leaves."""

from collections.abc import Coroutine
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, multiple

from core_site.catalog.models import Departure, Price
from core_site.partners.models import Partner
from shared_domain import bookings
from shared_domain.availability import Stock, stock_for
from shared_domain.bookings import (
    Booking,
    BookingChange,
    BookingStatus,
    ReservationRequest,
    UnitItemRequest,
)
from shared_domain.catalog import PricingPer
from shared_domain.partners import Access
from shared_domain.refusals import Refused
from shared_domain.run_now import run_now
from tests.harness.data import bookings_on_django
from tests.lifecycle import books
from tests.lifecycle.data import OPENS_AT, Town


class CheckedBookings(RuleBasedStateMachine):
    """The services of bookings on Django's connection, in one transaction that is rolled back."""

    town: Town

    def __init__(self) -> None:
        super().__init__()
        self.now = OPENS_AT
        self.store = bookings_on_django()
        self.wishes: dict[UUID, ReservationRequest] = {}
        self.accesses: dict[UUID, Access] = {}
        self.uuids_made = 0
        self.example = transaction.atomic()
        self.example.__enter__()

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.example.__exit__(None, None, None)

    def reserve_for(
        self,
        partner: int,
        product: int,
        slot: int | None,
        party: list[str],
        *,
        minutes: int | None = None,
        currency: str | None = None,
        test_mode: bool = False,
    ) -> Any:
        self.uuids_made += 1
        uuid = UUID(int=self.uuids_made)
        departure = None if slot is None else self.pick_departure(product, slot)
        wish = ReservationRequest(
            uuid=uuid,
            product_code=self.town.products[product].code,
            option_code="DEFAULT",
            availability_id=departure.availability_id if departure else None,
            unit_items=tuple(UnitItemRequest(unit_code=code) for code in party) or None,
            expiration_minutes=minutes,
            currency=currency,
        )
        access = Access(partner_id=self.town.partners[partner], test_mode=test_mode)
        self.accesses[uuid] = access
        stock = stock_for(access)
        vacancies = self.vacancies(departure, stock)
        answer = self.attempt(self.reserving(wish, access))
        if isinstance(answer, bookings.SoldOut):
            assert vacancies is not None
            assert vacancies < sum(4 if code == "family" else 1 for code in party)
        if isinstance(answer, bookings.HoldLimitReached):
            assert departure is not None
            assert self.held_places(partner, departure, test_mode) > 0
        if isinstance(answer, Refused):
            return multiple()
        assert answer.status is BookingStatus.ON_HOLD
        assert vacancies is None or answer.places <= vacancies
        self.wishes[uuid] = wish
        return multiple((partner, uuid))

    def attempt(self, service: Coroutine[Any, Any, Any]) -> Any:
        """Run a service as its caller would: a refusal rolls back and is the answer."""
        before = books.everything()
        try:
            with transaction.atomic():
                answer = run_now(service)
        except Refused as refusal:
            answer = refusal
        if isinstance(answer, Refused):
            assert str(answer)
            assert books.everything() == before
            return answer
        books.check_told_once(before[0], books.all_bookings())
        if isinstance(answer, Booking):
            partner = self.town.partners.index(answer.partner_id)
            assert answer == self.read((partner, answer.uuid))
        return answer

    def reserving(self, wish: ReservationRequest, access: Access) -> Any:
        return bookings.reserve_booking(wish, access=access, now=self.now, store=self.store)

    def on(self, of: tuple[int, UUID], service: Any, *arguments: Any, **named: Any) -> Any:
        access = replace(self.accesses[of[1]], partner_id=self.town.partners[of[0]])
        return service(of[1], *arguments, access=access, now=self.now, store=self.store, **named)

    def read(self, of: tuple[int, UUID]) -> Booking:
        booking: Booking = run_now(self.on(of, bookings.get_booking))
        return booking

    def check_change(self, of: tuple[int, UUID], change: BookingChange) -> None:
        # Between a reservation and its change, prices have always gone up.
        Price.objects.update(
            retail_minor=F("retail_minor") + 7, original_minor=F("original_minor") + 7
        )
        before = self.read(of)
        answer = self.attempt(self.on(of, bookings.update_booking, change))
        if not before.is_cancellable(now=self.now):
            assert isinstance(answer, bookings.NotCancellable)
        if isinstance(answer, Booking):
            self.check_prices_kept(before, answer)

    def check_prices_kept(self, before: Booking, after: Booking) -> None:
        """Tickets that stayed what they were, where they were, cost what they cost."""
        if (before.departure and before.departure.id) != (after.departure and after.departure.id):
            return
        if before.option.id != after.option.id:
            return
        if after.product.pricing_per is PricingPer.BOOKING:
            assert after.price == before.price
        was = {(item.uuid, item.unit.id): item.price for item in before.unit_items}
        for item in after.unit_items:
            assert item.price == was.get((item.uuid, item.unit.id), item.price)

    def item_lists(self, booking: Booking) -> st.SearchStrategy[tuple[UnitItemRequest, ...]]:
        """Some of the booking's own tickets, perhaps of another unit, and some new ones."""
        codes = st.sampled_from(["adult", "adult", "child", "family"])
        own = booking.unit_items
        return st.builds(
            lambda kept, new, turned: tuple(
                [
                    UnitItemRequest(unit_code=turned or item.unit.code, uuid=item.uuid)
                    for item in kept
                ]
                + [UnitItemRequest(unit_code=code) for code in new]
            ),
            st.sampled_from([own, own, own[::-1], own[:1], own[1:], ()]),
            st.one_of(st.just(["adult"]), st.lists(codes, max_size=3)),
            st.sampled_from([None, None, None, "adult", "family"]),
        )

    def pick_departure(self, product: int, number: int) -> Departure | None:
        chosen = self.town.products[product]
        if number % 3 == 0 and not chosen.availability_required:
            return None
        departures = list(Departure.objects.filter(option__product=chosen).order_by("id"))
        return departures[number % len(departures)] if departures else None

    def pick_tickets(self, booking: Booking, number: int | None) -> frozenset[UUID] | None:
        """Return one of the booking's tickets; None stands for all of them."""
        if number is None:
            return None
        items = booking.unit_items
        return frozenset({items[number % len(items)].uuid})

    def places_taken(self, departure: Departure, stock: Stock) -> int:
        """Count the places taken of a stock at this moment, from the bookings alone."""
        return sum(
            booking.places
            for booking in map(self.read, self.all_known())
            if booking.departure is not None
            and booking.departure.id == departure.pk
            and stock == stock_for(booking.access)
            and booking.status_at(self.now).takes_places
        )

    def held_places(self, partner: int, departure: Departure, test_mode: bool) -> int:
        """Count the places of a partner's running holds, from the bookings alone."""
        return sum(
            booking.places
            for booking in map(self.read, self.all_known())
            if booking.departure is not None
            and booking.departure.id == departure.pk
            and booking.partner_id == self.town.partners[partner]
            and booking.test_mode == test_mode
            and booking.status_at(self.now) is BookingStatus.ON_HOLD
        )

    def all_known(self) -> list[tuple[int, UUID]]:
        names = dict(Partner.objects.values_list("bookings__uuid", "id"))
        return [(self.town.partners.index(names[uuid]), uuid) for uuid in self.wishes]

    def vacancies(self, departure: Departure | None, stock: Stock) -> int | None:
        if departure is None or departure.capacity is None:
            return None
        return departure.capacity - self.places_taken(departure, stock)
