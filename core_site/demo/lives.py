"""How a booking's life may go: the domain's own services, run at moments in the past."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from core_site.demo.guests import CANCELLATION_REASONS, NOTES
from core_site.demo.in_memory import Actor, InMemoryBookings
from shared_domain import bookings
from shared_domain.bookings import Booking, BookingChange, BookingStatus
from shared_domain.events import EventType
from shared_domain.run_now import run_now


class DoesNotFit(Exception):
    """Such a life is not possible here; the caller tries another booking."""


@dataclass(slots=True)
class Story:
    """One booking, each step by a service of the domain, which tells its event itself."""

    store: InMemoryBookings
    #: What the guest's contact will be when it is confirmed.
    guest: dict[str, Any]
    #: Nothing may have happened after this moment.
    latest: datetime
    rng: Random

    @property
    def booking(self) -> Booking:
        return self.store.versions[-1].booking

    def take_step(
        self,
        service: Callable[..., Any],
        *arguments: object,
        at: datetime,
        by: Actor = Actor.PARTNER,
        **options: object,
    ) -> None:
        """Run a service on the booking, at a moment of the past.

        Raises:
            DoesNotFit: the moment is after all that may have happened.
            Refused: the business says no.
        """
        self._check(at)
        self.store.actor = by
        run_now(
            service(
                self.booking.uuid,
                *arguments,
                access=self.booking.access,
                now=at,
                store=self.store,
                **options,
            )
        )

    def run_out(self, at: datetime) -> None:
        """Let the worker release the hold: that is a statement of SQL, and not a service."""
        self._check(at)
        self.store.actor = Actor.RELEASE_JOB
        self.store.keep(self.booking.expire(now=at), EventType.EXPIRED)

    def after(self, shortest: timedelta, longest: timedelta) -> datetime:
        """Return a moment so long after the last change."""
        return self.between(self.booking.updated_at + shortest, self.booking.updated_at + longest)

    def between(self, earliest: datetime, latest: datetime) -> datetime:
        seconds = int((latest - earliest).total_seconds())
        if seconds < 1:
            raise DoesNotFit
        return earliest + timedelta(seconds=self.rng.randint(0, seconds))

    def _check(self, at: datetime) -> None:
        if at > self.latest:
            raise DoesNotFit


MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def stay_held(story: Story) -> None:
    """Still on hold, and for a while."""


def expire(story: Story) -> None:
    booking = story.booking
    if booking.hold_expires_at is None:
        raise DoesNotFit
    story.run_out(booking.hold_expires_at + timedelta(seconds=story.rng.randint(1, 50)))


def give_up(story: Story) -> None:
    at = story.after(MINUTE, 20 * MINUTE)
    story.take_step(bookings.cancel_booking, at=at, reason=None)


def wait_for_staff(story: Story) -> None:
    if story.booking.product.instant_confirmation:
        raise DoesNotFit
    _confirm(story)


def be_rejected(story: Story) -> None:
    wait_for_staff(story)
    at = story.after(HOUR, 20 * HOUR)
    story.take_step(bookings.reject_booking, at=at, by=Actor.STAFF)


def be_confirmed(story: Story) -> None:
    _confirm(story)
    if story.booking.status is BookingStatus.PENDING:
        at = story.after(HOUR, 20 * HOUR)
        story.take_step(bookings.accept_booking, at=at, by=Actor.STAFF)
    if not story.booking.product.instant_delivery and story.rng.random() < 0.7:
        at = story.after(HOUR, 12 * HOUR)
        story.take_step(bookings.resend_tickets, at=at, by=Actor.STAFF)
    if story.booking.tickets_due_at is not None:
        at = story.after(timedelta(seconds=5), MINUTE)
        story.take_step(bookings.mark_tickets_sent, at=at, by=Actor.TICKET_JOB)
    if story.rng.random() < 0.06:
        _change_mind(story)


def cancel_in_time(story: Story) -> None:
    be_confirmed(story)
    cancellation_deadline = story.booking.cancellation_deadline or story.latest
    at = story.between(story.booking.updated_at, min(cancellation_deadline - MINUTE, story.latest))
    _cancel(story, at, force=False)


def cancel_late(story: Story) -> None:
    be_confirmed(story)
    departure = story.booking.departure
    cancellation_deadline = story.booking.cancellation_deadline
    if departure is None or cancellation_deadline is None:
        raise DoesNotFit
    at = story.between(
        max(story.booking.updated_at, cancellation_deadline),
        min(departure.cutoffs_count_from, story.latest),
    )
    _cancel(story, at, force=True)


def cancel_late_for_a_part(story: Story) -> None:
    """Only some options pay back a part."""
    if not 0 < story.booking.option.late_refund_percent < 100:
        raise DoesNotFit
    cancel_late(story)


def come(story: Story) -> None:
    be_confirmed(story)
    story.take_step(bookings.redeem_booking, None, at=_arrival(story), by=Actor.STAFF)


def come_in_part(story: Story) -> None:
    be_confirmed(story)
    items = story.booking.unit_items
    if len(items) < 2:
        raise DoesNotFit
    came = frozenset(item.uuid for item in items[: story.rng.randint(1, len(items) - 1)])
    story.take_step(bookings.redeem_booking, came, at=_arrival(story), by=Actor.STAFF)


Life = Callable[[Story], None]


def _confirm(story: Story) -> None:
    if story.rng.random() < 0.06:
        story.take_step(bookings.extend_booking, 30, at=story.after(5 * MINUTE, 20 * MINUTE))
    at = story.after(timedelta(seconds=20), 9 * MINUTE)
    story.take_step(bookings.confirm_booking, BookingChange(contact=story.guest), at=at)


def _change_mind(story: Story) -> None:
    at = story.after(HOUR, 3 * DAY)
    if at < story.latest and story.booking.is_cancellable(now=at):
        story.take_step(
            bookings.update_booking, BookingChange(notes=story.rng.choice(NOTES)), at=at
        )


def _cancel(story: Story, at: datetime, *, force: bool) -> None:
    by_staff = force and not story.booking.option.allows_late_cancellation
    story.take_step(
        bookings.cancel_booking,
        at=at,
        by=Actor.STAFF if by_staff else Actor.PARTNER,
        reason=story.rng.choice(CANCELLATION_REASONS),
        force=force,
        by_staff=by_staff,
    )


def _arrival(story: Story) -> datetime:
    """Return when the guests show their tickets: at the start, or while the house is open."""
    departure = story.booking.departure
    if departure is None:
        return story.after(2 * HOUR, 20 * DAY)
    counted_from = departure.cutoffs_count_from
    if departure.opening_hours:
        arrival = story.between(counted_from - 3 * HOUR, counted_from - HOUR)
    else:
        arrival = story.between(counted_from - 12 * MINUTE, counted_from + 6 * MINUTE)
    if arrival <= story.booking.updated_at:
        raise DoesNotFit
    return arrival
