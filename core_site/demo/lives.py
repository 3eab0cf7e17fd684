"""How a booking's life may go: the domain's own rules, played through at moments in the past."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

from core_site.demo.guests import CANCELLATION_REASONS, NOTES
from shared_domain.bookings import Booking, BookingStatus
from shared_domain.events import EventType


class DoesNotFit(Exception):
    """Such a life is not possible here; the caller tries another booking."""


@dataclass(frozen=True, slots=True)
class Told:
    """What one event says, and when it happened."""

    type: EventType
    at: datetime
    status: BookingStatus


@dataclass(slots=True)
class Story:
    """One booking, each change by a rule of the domain and with its event."""

    booking: Booking
    fingerprint: bytes
    #: What the guest's contact will be when it is confirmed.
    guest: dict[str, Any]
    #: Nothing may have happened after this moment.
    latest: datetime
    rng: Random
    events: list[Told] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._tell(EventType.RESERVED)

    def goes_on(self, booking: Booking, event: EventType) -> None:
        if booking.updated_at > self.latest:
            raise DoesNotFit
        self.booking = booking
        self._tell(event)

    def after(self, shortest: timedelta, longest: timedelta) -> datetime:
        """Return a moment so long after the last change."""
        return self.between(self.booking.updated_at + shortest, self.booking.updated_at + longest)

    def between(self, earliest: datetime, latest: datetime) -> datetime:
        seconds = int((latest - earliest).total_seconds())
        if seconds < 1:
            raise DoesNotFit
        return earliest + timedelta(seconds=self.rng.randint(0, seconds))

    def _tell(self, event: EventType) -> None:
        self.events.append(Told(event, self.booking.updated_at, self.booking.status))


MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def stay_held(story: Story) -> None:
    """Still on hold, and for a while."""


def expire(story: Story) -> None:
    booking = story.booking
    if booking.hold_expires_at is None:
        raise DoesNotFit
    swept_at = booking.hold_expires_at + timedelta(seconds=story.rng.randint(1, 50))
    story.goes_on(
        replace(booking, status=BookingStatus.EXPIRED, updated_at=swept_at), EventType.EXPIRED
    )


def give_up(story: Story) -> None:
    at = story.after(MINUTE, 20 * MINUTE)
    cancelled = story.booking.cancel(reason=None, force=False, by_staff=False, now=at)
    story.goes_on(cancelled, EventType.CANCELLED)


def wait_for_staff(story: Story) -> None:
    if story.booking.product.instant_confirmation:
        raise DoesNotFit
    _confirm(story)


def be_rejected(story: Story) -> None:
    wait_for_staff(story)
    at = story.after(HOUR, 20 * HOUR)
    story.goes_on(story.booking.reject(now=at), EventType.REJECTED)


def be_confirmed(story: Story) -> None:
    _confirm(story)
    if story.booking.status is BookingStatus.PENDING:
        at = story.after(HOUR, 20 * HOUR)
        story.goes_on(story.booking.accept(now=at), EventType.CONFIRMED)
    if not story.booking.product.instant_delivery and story.rng.random() < 0.7:
        at = story.after(HOUR, 12 * HOUR)
        story.goes_on(story.booking.resend_tickets(now=at), EventType.TICKETS_REQUESTED)
    if story.booking.tickets_due_at is not None:
        at = story.after(timedelta(seconds=5), MINUTE)
        story.goes_on(story.booking.tickets_sent(now=at), EventType.TICKETS_SENT)
    if story.rng.random() < 0.06:
        _change_mind(story)


def cancel_in_time(story: Story) -> None:
    be_confirmed(story)
    final_at = story.booking.final_at or story.latest
    at = story.between(story.booking.updated_at, min(final_at - MINUTE, story.latest))
    _cancel(story, at, force=False)


def cancel_late(story: Story) -> None:
    be_confirmed(story)
    departure = story.booking.departure
    final_at = story.booking.final_at
    if departure is None or final_at is None:
        raise DoesNotFit
    at = story.between(
        max(story.booking.updated_at, final_at), min(departure.cutoffs_count_from, story.latest)
    )
    _cancel(story, at, force=True)


def cancel_late_for_a_part(story: Story) -> None:
    """Only some options pay back a part."""
    if not 0 < story.booking.option.late_refund_percent < 100:
        raise DoesNotFit
    cancel_late(story)


def come(story: Story) -> None:
    be_confirmed(story)
    story.goes_on(story.booking.redeem(None, now=_arrival(story)), EventType.REDEEMED)


def come_in_part(story: Story) -> None:
    be_confirmed(story)
    items = story.booking.unit_items
    if len(items) < 2:
        raise DoesNotFit
    came = frozenset(item.uuid for item in items[: story.rng.randint(1, len(items) - 1)])
    story.goes_on(story.booking.redeem(came, now=_arrival(story)), EventType.REDEEMED)


Life = Callable[[Story], None]


def _confirm(story: Story) -> None:
    if story.rng.random() < 0.06:
        at = story.after(5 * MINUTE, 20 * MINUTE)
        story.goes_on(story.booking.extend(30, longest_minutes=30, now=at), EventType.EXTENDED)
    at = story.after(timedelta(seconds=20), 9 * MINUTE)
    held = replace(story.booking, contact=story.booking.contact.changed(story.guest))
    confirmed = held.confirm(now=at)
    is_pending = confirmed.status is BookingStatus.PENDING
    story.goes_on(confirmed, EventType.PENDING if is_pending else EventType.CONFIRMED)


def _change_mind(story: Story) -> None:
    at = story.after(HOUR, 3 * DAY)
    if at < story.latest and story.booking.is_cancellable(now=at):
        changed = replace(story.booking, notes=story.rng.choice(NOTES), updated_at=at)
        if changed.notes != story.booking.notes:
            story.goes_on(changed, EventType.UPDATED)


def _cancel(story: Story, at: datetime, *, force: bool) -> None:
    cancelled = story.booking.cancel(
        reason=story.rng.choice(CANCELLATION_REASONS),
        force=force,
        by_staff=force and not story.booking.option.allows_late_cancellation,
        now=at,
    )
    story.goes_on(cancelled, EventType.CANCELLED)


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
