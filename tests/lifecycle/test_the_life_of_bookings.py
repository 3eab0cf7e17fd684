"""Whatever partners, staff, the worker and the clock do, in any order, the books stay right.

After every step: reserved places are those of the live bookings and never above capacity, money
adds up, every change was told exactly once, a refusal changed nothing, and an answer is what a
fresh read gives. ``--long`` looks ten times as long; ``PORTICO_LIFECYCLE_EXAMPLES=2000`` looks
longer still, and elsewhere each time.
"""

import os
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from core_site.catalog.models import Schedule
from shared_domain import availability, bookings
from shared_domain.availability import LIVE_STOCK, DepartureId
from shared_domain.bookings import (
    Booking,
    BookingChange,
    BookingStatus,
    Initiator,
    RefundChoice,
)
from shared_domain.run_now import run_now
from tests.lifecycle import books
from tests.lifecycle.checked_bookings import CheckedBookings
from tests.lifecycle.data import build_town, generate
from tests.lifecycle.money_adds_up import check_money, check_refund, check_refunds
from tests.lifecycle.sales_add_up import check_sales, fold

LONGER = os.environ.get("PORTICO_LIFECYCLE_EXAMPLES")

SEARCH = settings(
    max_examples=int(LONGER or 8),
    stateful_step_count=40,
    # The normal run is the same every time, so that its verdict can be looked up by commit.
    derandomize=LONGER is None,
    deadline=None,
    database=None,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
)

PRODUCTS = st.integers(0, 4)
PLACE = st.integers(0, 8)
GOOD_PARTIES = st.sampled_from(
    [["adult"], ["adult", "adult"], ["adult", "child"], ["child", "adult", "adult"], ["family"]]
)
PARTIES = st.lists(st.sampled_from(["adult", "adult", "child", "family"]), max_size=5)
CONTACTS = st.sampled_from(
    [
        {"first_name": "Clara", "email_address": "clara@example.com"},
        {},
        {"first_name": ""},
        {"full_name": "Rui Dias", "locales": ["pt"]},
    ]
)
FIRST_BOOKINGS = st.tuples(st.integers(0, 1), PRODUCTS, PLACE, GOOD_PARTIES, st.booleans())
ENDED_BY_TIME = (BookingStatus.EXPIRED, BookingStatus.REJECTED)
DECISIONS = st.tuples(st.sampled_from(RefundChoice), st.sampled_from(Initiator))
MINUTES = st.sampled_from([None, 1, 20, 45, 500])


class LifeOfBookings(CheckedBookings):
    known = Bundle("known")

    @initialize(target=known, mornings=st.lists(FIRST_BOOKINGS, min_size=4, max_size=6))
    def a_busy_morning(self, mornings: list[tuple[int, int, int, list[str], bool]]) -> Any:
        made = []
        for *wish, is_confirmed in mornings:
            made += self.reserve_for(*wish, minutes=500).values
            if is_confirmed and made:
                change = BookingChange(contact={"first_name": "Clara"})
                self.attempt(self.on(made[-1], bookings.confirm_booking, change))
        return multiple(*made)

    # The clock

    @rule(minutes=st.sampled_from([1, 10, 31]))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule(of=known, before=st.sampled_from([0, 1]))
    def a_deadline_comes(self, of: tuple[int, UUID], before: int) -> None:
        """Go to the very moment that something of the booking ends, or a second before it."""
        booking = self.read(of)
        deadlines = [booking.hold_expires_at, booking.expires_at, booking.cancellation_deadline]
        if booking.departure is not None:
            deadlines += [booking.departure.booking_cutoff_at, booking.departure.starts_at]
        ahead = [deadline for deadline in deadlines if deadline is not None and deadline > self.now]
        if ahead:
            self.now = min(ahead) - timedelta(seconds=before)

    # The partners

    @rule(target=known, partner=st.integers(0, 1), product=PRODUCTS, slot=PLACE, party=GOOD_PARTIES)
    def reserve(self, partner: int, product: int, slot: int, party: list[str]) -> Any:
        return self.reserve_for(partner, product, slot, party)

    @rule(
        target=known,
        product=PRODUCTS,
        slot=st.one_of(st.none(), PLACE),
        party=st.one_of(GOOD_PARTIES, PARTIES),
        minutes=MINUTES,
        currency=st.sampled_from([None, "GBP", "USD"]),
        test_mode=st.booleans(),
    )
    def reserve_oddly(self, product: int, slot: int | None, party: list[str], **odd: Any) -> Any:
        return self.reserve_for(0, product, slot, party, **odd)

    @rule(of=known)
    def reserve_again(self, of: tuple[int, UUID]) -> None:
        partner, uuid = of
        wish = self.wishes[uuid]
        before = books.everything()
        answer = self.attempt(self.reserving(wish, self.accesses[uuid]))
        assert answer == self.read(of)
        assert books.everything() == before

        other = replace(wish, notes="other")
        answer = self.attempt(self.reserving(other, self.accesses[uuid]))
        assert isinstance(answer, bookings.UuidTaken)

        answer = self.attempt(self.on((1 - partner, uuid), bookings.get_booking))
        assert isinstance(answer, bookings.BookingNotFound)

    @rule(of=known, contact=CONTACTS, data=st.data(), with_items=st.sampled_from([0, 0, 1]))
    def confirm(self, of: tuple[int, UUID], contact: Any, data: Any, with_items: int) -> None:
        held = self.read(of)
        items = data.draw(self.item_lists(held)) if with_items else None
        change = BookingChange(contact=contact, unit_items=items, email_receipt=True)
        answer = self.attempt(self.on(of, bookings.confirm_booking, change))
        status = held.status_at(self.now)
        if status in (BookingStatus.CONFIRMED, BookingStatus.PENDING):
            assert answer == held
        elif status is BookingStatus.EXPIRED:
            assert isinstance(answer, bookings.HoldExpired)
        elif status is not BookingStatus.ON_HOLD:
            assert isinstance(answer, bookings.WrongStatus)
        elif isinstance(answer, Booking):
            is_instant = answer.product.instant_confirmation
            wanted = BookingStatus.CONFIRMED if is_instant else BookingStatus.PENDING
            assert answer.status is wanted

    @rule(of=known, minutes=MINUTES)
    def extend(self, of: tuple[int, UUID], minutes: int | None) -> None:
        held = self.read(of)
        answer = self.attempt(self.on(of, bookings.extend_booking, minutes))
        is_live_hold = held.status_at(self.now) is BookingStatus.ON_HOLD
        is_sold = held.departure is None or held.departure.is_open
        assert isinstance(answer, Booking) == (is_live_hold and is_sold)
        if isinstance(answer, Booking):
            assert answer.hold_expires_at >= held.hold_expires_at

    @rule(of=known, data=st.data(), contact=CONTACTS, minutes=MINUTES)
    def change_tickets(
        self, of: tuple[int, UUID], data: Any, contact: Any, minutes: int | None
    ) -> None:
        items = data.draw(self.item_lists(self.read(of)))
        change = BookingChange(unit_items=items, contact=contact, expiration_minutes=minutes)
        self.check_change(of, change)

    @rule(of=known, product=PRODUCTS, slot=st.one_of(st.none(), PLACE, PLACE), data=st.data())
    def rebook(self, of: tuple[int, UUID], product: int, slot: int | None, data: Any) -> None:
        departure = None if slot is None else self.pick_departure(product, slot)
        items = data.draw(st.one_of(st.none(), self.item_lists(self.read(of))))
        change = BookingChange(
            product_code=self.town.products[product].code,
            availability_id=departure.availability_id if departure else None,
            unit_items=items,
        )
        self.check_change(of, change)

    @rule(of=known, force=st.booleans(), choice=st.one_of(st.none(), DECISIONS))
    def cancel(self, of: tuple[int, UUID], force: bool, choice: Any) -> None:
        """Cancel as a partner, by the rules, or as staff, who choose the refund."""
        before = self.read(of)
        options = {} if choice is None else {"refund": choice[0], "initiator": choice[1]}
        answer = self.attempt(
            self.on(
                of,
                bookings.cancel_booking,
                reason="x",
                force=force,
                by_staff=choice is not None,
                **options,
            )
        )
        if before.status is BookingStatus.CANCELLED and choice is None:
            assert answer == before
        elif before.is_cancellable(now=self.now):
            assert answer.status is BookingStatus.CANCELLED
        elif not force:
            assert isinstance(answer, bookings.NotCancellable)
        if isinstance(answer, Booking) and answer != before:
            check_refund(before, answer, choice, now=self.now)

    # The staff and the worker

    @rule(of=known, accepts=st.booleans())
    def answer_pending(self, of: tuple[int, UUID], accepts: bool) -> None:
        before = self.read(of)
        service = bookings.accept_booking if accepts else bookings.reject_booking
        answer = self.attempt(self.on(of, service))
        is_pending = before.status_at(self.now) is BookingStatus.PENDING
        departure = before.departure
        can_come = departure is None or (departure.is_open and not departure.is_overbooked)
        assert isinstance(answer, Booking) == (is_pending and (can_come or not accepts))

    @rule(of=known, which=st.one_of(st.none(), PLACE), insists=st.booleans())
    def redeem(self, of: tuple[int, UUID], which: int | None, insists: bool) -> None:
        before = self.read(of)
        chosen = self.pick_tickets(before, which)
        answer = self.attempt(self.on(of, bookings.redeem_booking, chosen, on_any_day=insists))
        if isinstance(answer, Booking):
            assert insists or bookings.is_travel_day(before, now=self.now)
            is_used_up = all(item.redeemed_at for item in answer.unit_items)
            assert (answer.status is BookingStatus.REDEEMED) == is_used_up
        elif isinstance(answer, bookings.WrongDay):
            assert not insists
            assert not bookings.is_travel_day(before, now=self.now)

    @rule(of=known, which=st.one_of(st.none(), PLACE))
    def undo_redemption(self, of: tuple[int, UUID], which: int | None) -> None:
        before = self.read(of)
        chosen = self.pick_tickets(before, which)
        answer = self.attempt(self.on(of, bookings.undo_redemption, chosen))
        used = [
            item.redeemed_at
            for item in before.unit_items
            if item.redeemed_at and (chosen is None or item.uuid in chosen)
        ]
        if isinstance(answer, Booking):
            assert used
            assert all(self.now < at + timedelta(days=1) for at in used)
            assert (answer.status, answer.redeemed_at) == (BookingStatus.CONFIRMED, None)
        else:
            assert not used or any(self.now >= at + timedelta(days=1) for at in used)

    @rule(of=known)
    def resend_tickets(self, of: tuple[int, UUID]) -> None:
        self.now += timedelta(seconds=1)
        answer = self.attempt(self.on(of, bookings.resend_tickets))
        if isinstance(answer, Booking):
            self.attempt(self.on(of, bookings.mark_tickets_sent))

    @rule(
        product=PRODUCTS,
        slot=PLACE,
        change=st.one_of(st.none(), st.booleans(), st.integers(2, 9)),
    )
    def change_a_departure(self, product: int, slot: int, change: int | bool | None) -> None:
        """Close or reopen it, or give it so many places; None is freesale."""
        departure = self.pick_departure(product, slot)
        if departure is None:
            return
        departure_id = DepartureId(departure.pk)
        named = {"now": self.now, "store": self.store.availability}
        if isinstance(change, bool):
            self.attempt(availability.set_departure_open(departure_id, is_open=change, **named))
        else:
            answer = self.attempt(
                availability.set_departure_capacity(departure_id, change, **named)
            )
            is_too_few = change is not None and change < self.places_taken(departure, LIVE_STOCK)
            assert isinstance(answer, availability.CapacityBelowReserved) == is_too_few

    @rule(
        product=PRODUCTS,
        capacity=st.one_of(st.none(), st.integers(2, 9)),
        runs=st.sampled_from([True, True, False]),
    )
    def plan_anew(self, product: int, capacity: int | None, runs: bool) -> None:
        schedules = Schedule.objects.filter(option__product=self.town.products[product])
        schedules.update(capacity=capacity, is_active=runs)
        generate(self.town.products[product], self.now)
        before = books.everything()
        assert generate(self.town.products[product], self.now) == 0
        assert books.everything() == before

    @rule()
    def expire(self) -> None:
        before = books.all_bookings()
        for departure_id in run_now(
            bookings.departures_with_expired_holds(now=self.now, limit=100, store=self.store)
        ):
            self.attempt(
                bookings.release_expired_holds(departure_id, now=self.now, store=self.store)
            )
        for of in self.all_known():
            booking = self.read(of)
            assert booking.status is booking.status_at(self.now)
            assert before[of[1]].status == booking.status or booking.status in ENDED_BY_TIME
        assert not run_now(
            bookings.departures_with_expired_holds(now=self.now, limit=100, store=self.store)
        )

    @invariant()
    def the_books_are_right(self) -> None:
        books.check_places()
        check_money()
        books.check_holds()
        check_refunds()
        # One of the differences, so that there are sums and differences at every moment.
        fold(1)

    def teardown(self) -> None:
        check_sales()
        super().teardown()


@pytest.mark.django_db
@pytest.mark.parametrize("times", [1, pytest.param(10, marks=pytest.mark.long)])
def test_the_books_stay_right(times: int) -> None:
    town = build_town()
    machine = type("LifeOfBookings", (LifeOfBookings,), {"town": town})

    examples = SEARCH.max_examples * times
    run_state_machine_as_test(machine, settings=settings(SEARCH, max_examples=examples))
