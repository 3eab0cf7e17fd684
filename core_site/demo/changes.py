"""Changes that the demo's staff make to confirmed bookings: note, move, cancel a ticket or all."""

from datetime import datetime

from core_site.catalog.models import Departure
from core_site.demo.lives import HOUR, MINUTE, Story, be_confirmed, be_sent_tickets
from core_site.demo.simulation import Life
from shared_domain import bookings
from shared_domain.bookings import BookingChange, Initiator, RefundChoice

INTERNAL_NOTES = (
    "Rang twice: wants seats in the shade, told her we try.",
    "Walks with a stick; ask the guide to wait at the second stairs.",
    "Friend of the museum's director. Be kind about the baggage.",
)

#: How many slots later a guest would rather travel; the last one is often of another season.
_LATER = (1, 2, 60)


def change_by_staff(story: Story) -> Life:
    """Yield the steps that confirm a booking, and one random change of it by staff."""
    yield from be_confirmed(story)
    yield from story.rng.choice((note, move, move_at_kept_price, lose_a_ticket))(story)
    yield from be_sent_tickets(story)


def note(story: Story) -> Life:
    text = story.rng.choice(INTERNAL_NOTES)
    at = story.after(MINUTE, 9 * HOUR)
    yield story.step(bookings.write_internal_note, note=text, at=at, author=story.staff)


def move(story: Story) -> Life:
    slot = _find_later(story)
    if slot is not None:
        change = BookingChange(availability_id=slot.availability_id)
        options = {"change": change, "by_staff": True}
        at = _before_the_start(story)
        yield story.step(bookings.update_booking, at=at, author=story.staff, **options)


def move_at_kept_price(story: Story) -> Life:
    slot = _find_later(story)
    if slot is not None:
        at, slot_id = _before_the_start(story), slot.availability_id
        yield story.step(
            bookings.move_at_kept_price, availability_id=slot_id, at=at, author=story.staff
        )


def lose_a_ticket(story: Story) -> Life:
    *left, last = story.booking.unit_items
    if left:
        yield story.step(
            bookings.cancel_tickets,
            tickets=frozenset({last.uuid}),
            refund=RefundChoice.BY_THE_RULES,
            initiator=Initiator.PARTNER,
            at=_before_the_start(story),
            author=story.staff,
        )


def cancel(story: Story) -> Life:
    options = {"reason": "Rang: the children are ill", "force": True, "by_staff": True}
    at = _before_the_start(story)
    yield story.step(bookings.cancel_booking, at=at, author=story.staff, **options)


def _find_later(story: Story) -> Departure | None:
    departure = story.booking.departure
    if departure is None:
        return None
    later = Departure.objects.filter(
        option=story.booking.option.id, is_open=True, starts_at__gt=departure.starts_at
    ).order_by("starts_at", "id")
    number = story.rng.choice(_LATER)
    return later[number : number + 1].first()


def _before_the_start(story: Story) -> datetime:
    """Return a moment between the last change and two hours before the guests leave."""
    departure, earliest = story.booking.departure, story.booking.updated_at + MINUTE
    if departure is None:
        return story.after(HOUR, 90 * HOUR)
    latest = min(departure.cutoffs_count_from - 2 * HOUR, earliest + 90 * HOUR)
    return story.between(earliest, max(earliest, latest))
