"""Life cycles of the demo's bookings: each is a generator of steps, which ``simulation`` runs.

The domain's rules apply: a step that a service refuses is left out.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from core_site.demo.guests import CANCELLATION_REASONS, NOTES
from core_site.demo.simulation import Author, Life, TimedStep
from shared_domain import bookings
from shared_domain.bookings import Booking, BookingChange, BookingStatus
from shared_domain.run_now import run_now

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@dataclass(slots=True)
class Story:
    """A reserved booking in the simulation, with its guest, and the authors of its changes."""

    booking: Booking
    guest: Mapping[str, Any]
    partner: Author
    staff: Author
    store: bookings.BookingStore
    rng: Random

    def step(
        self,
        service: Callable[..., Any],
        *arguments: object,
        at: datetime,
        author: Author | None = None,
        **options: Any,
    ) -> TimedStep:
        """Return the step that calls a service on this booking; by default, as the partner."""

        def run(now: datetime) -> None:
            options.update(access=self.booking.access, now=now, store=self.store)
            self.booking = run_now(service(self.booking.uuid, *arguments, **options))

        return TimedStep(at, author or self.partner, run)

    def after(self, shortest: timedelta, longest: timedelta) -> datetime:
        """Return a random moment, from ``shortest`` to ``longest`` after the last change."""
        return self.between(self.booking.updated_at + shortest, self.booking.updated_at + longest)

    def between(self, earliest: datetime, latest: datetime) -> datetime:
        seconds = max(0, int((latest - earliest).total_seconds()))
        return earliest + timedelta(seconds=self.rng.randint(0, seconds))


def do_nothing(story: Story) -> Life:
    yield from ()


def expire(story: Story) -> Life:
    """Yield the worker's step that expires a hold, or a pending booking that was not decided."""
    expires_at = story.booking.expires_at
    departure_id = story.booking.departure.id if story.booking.departure else None

    def release(now: datetime) -> None:
        run_now(bookings.release_expired_holds(departure_id, now=now, store=story.store))

    if expires_at is not None:
        at = expires_at + timedelta(seconds=story.rng.randint(1, 50))
        yield TimedStep(at, {"job": "release_lapsed_holds"}, release)


def wait_for_staff(story: Story) -> Life:
    """Yield the steps that confirm a booking, which leave it PENDING if staff have to accept it."""
    if story.rng.random() < 0.06:
        at = story.after(5 * MINUTE, 20 * MINUTE)
        yield story.step(bookings.extend_booking, 30, at=at)
    at = story.after(timedelta(seconds=20), 9 * MINUTE)
    yield story.step(bookings.confirm_booking, BookingChange(contact=story.guest), at=at)
    yield from be_sent_tickets(story)


def be_sent_tickets(story: Story) -> Life:
    """Yield the worker's step that sends the tickets, if they are due."""
    if story.booking.tickets_due_at is not None:
        at = story.after(timedelta(seconds=5), MINUTE)
        yield story.step(bookings.mark_tickets_sent, at=at, author={"job": "send_tickets"})


def be_rejected(story: Story) -> Life:
    yield from wait_for_staff(story)
    at = story.after(HOUR, 20 * HOUR)
    yield story.step(bookings.reject_booking, at=at, author=story.staff)


def be_confirmed(story: Story) -> Life:
    yield from wait_for_staff(story)
    if story.booking.status is BookingStatus.PENDING:
        at = story.after(HOUR, 20 * HOUR)
        yield story.step(bookings.accept_booking, at=at, author=story.staff)
    if not story.booking.product.instant_delivery and story.rng.random() < 0.7:
        at = story.after(HOUR, 12 * HOUR)
        yield story.step(bookings.resend_tickets, at=at, author=story.staff)
    yield from be_sent_tickets(story)
    if story.rng.random() < 0.06:
        change = BookingChange(notes=story.rng.choice(NOTES))
        yield story.step(bookings.update_booking, change, at=story.after(HOUR, 3 * DAY))


def cancel_in_time(story: Story) -> Life:
    yield from be_confirmed(story)
    deadline = story.booking.cancellation_deadline or story.booking.updated_at + 9 * DAY
    at = story.between(story.booking.updated_at, deadline - MINUTE)
    reason = story.rng.choice(CANCELLATION_REASONS)
    yield story.step(bookings.cancel_booking, at=at, reason=reason)


def cancel_late(story: Story) -> Life:
    yield from be_confirmed(story)
    departure, deadline = story.booking.departure, story.booking.cancellation_deadline
    if departure is None or deadline is None:
        return
    by_staff = not story.booking.option.allows_late_cancellation
    at = story.between(max(story.booking.updated_at, deadline), departure.cutoffs_count_from)
    reason = story.rng.choice(CANCELLATION_REASONS)
    options = {"reason": reason, "force": True, "by_staff": by_staff}
    author = story.staff if by_staff else story.partner
    yield story.step(bookings.cancel_booking, at=at, author=author, **options)


def come(story: Story) -> Life:
    yield from be_confirmed(story)
    yield story.step(bookings.redeem_booking, None, at=_arrival(story), author=story.staff)


def come_in_part(story: Story) -> Life:
    yield from be_confirmed(story)
    items = story.booking.unit_items
    came = frozenset(item.uuid for item in items[: story.rng.randint(1, max(1, len(items) - 1))])
    yield story.step(bookings.redeem_booking, came, at=_arrival(story), author=story.staff)


def _arrival(story: Story) -> datetime:
    """Return when the guests show their tickets: at the start, or within opening hours."""
    departure = story.booking.departure
    if departure is None:
        return story.after(2 * HOUR, 20 * DAY)
    start = departure.cutoffs_count_from
    if departure.opening_hours:
        start -= 2 * HOUR
    return max(story.booking.updated_at, story.between(start - 12 * MINUTE, start + 6 * MINUTE))
