"""The timeline of a booking on its page: steps with old and new values, and the actor."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

from core_site.admin_kit.money_format import money
from core_site.bookings.models import Booking, UnitItem
from core_site.catalog.time_format import format_moment
from core_site.events.models import Event
from core_site.row_history import FieldChange, RowChange, load_changes

#: Steps shown, the newest first; holds may be extended any number of times.
STEPS_SHOWN = 50

#: Events that are read; one transaction writes few.
EVENTS_READ = 500

#: Columns that follow from others, or that say nothing to staff.
_NOT_SHOWN = frozenset({"updated_at", "taxes", "reservation_fingerprint", "position"})

#: Parts of a booking that may hold personal data, by the names that events give them.
_PERSONAL_PARTS = {
    "contact": "contact",
    "notes": "notes",
    "pickup_hotel": "place of the pick-up",
    "ticket_holders": "ticket holders",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One version of a booking, as a transaction left it, with what changed and the actor.

    ``fields`` holds what changed; ``unrecorded`` names what changed without its values, which the
    history never keeps because they may be personal data: contact, notes.
    """

    at: datetime
    what: str
    status: str
    who: str
    request_id: str
    fields: tuple[FieldChange, ...] = ()
    unrecorded: tuple[str, ...] = ()


@dataclass(slots=True)
class _Transaction:
    """Versions and events of a booking that one transaction wrote, with its time and actor."""

    versions: list[RowChange] = field(default_factory=list)
    tickets: list[RowChange] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)


def load_timeline(request: HttpRequest, booking: Booking) -> dict[str, Any]:
    steps = load_steps(booking)
    return {
        "steps": [(step, format_moment(step.at, booking.product.time_zone)) for step in steps],
        "is_cut": len(steps) == STEPS_SHOWN,
    }


def load_steps(booking: Booking) -> list[Step]:
    """Return the latest steps of a booking, newest first, with every event and change of each."""
    by_moment: dict[datetime, _Transaction] = {}
    for version in reversed(load_changes(Booking, pgh_obj_id=booking.pk)):
        by_moment.setdefault(version.at, _Transaction()).versions.append(version)
    for ticket in reversed(load_changes(UnitItem, booking_id=booking.pk)):
        by_moment.setdefault(ticket.at, _Transaction()).tickets.append(ticket)
    for event in reversed(_find_events(booking).order_by("-id")[:EVENTS_READ]):
        by_moment.setdefault(event.created_at, _Transaction()).events.append(event)
    steps: list[Step] = []
    for at in sorted(by_moment):
        known_status = steps[-1].status if steps else "–"
        steps += _steps(at, by_moment[at], known_status)
    return steps[::-1][:STEPS_SHOWN]


def _find_events(booking: Booking) -> QuerySet[Event]:
    # A uuid is its partner's own: another partner's booking may have the same one.
    return Event.objects.filter(
        booking_uuid=booking.uuid, partner=booking.partner_id, test_mode=booking.test_mode
    )


def _steps(at: datetime, written: _Transaction, known_status: str) -> Iterator[Step]:
    """Yield a transaction's steps: one for each version of the booking, with its event.

    A service writes one version and one event. What is left over of either belongs to the last
    step; tickets follow the booking in the same statement or the next, so they do too.
    """
    count = max(1, len(written.versions))
    for number in range(count):
        is_last = number == count - 1
        version = written.versions[number] if written.versions else None
        events = written.events[number:] if is_last else written.events[number : number + 1]
        tickets = written.tickets if is_last else []
        if version is not None:
            known_status = version.version.get_status_display()
        yield _step(at, version, events, tickets, known_status)


def _step(
    at: datetime,
    version: RowChange | None,
    events: Sequence[Event],
    tickets: Sequence[RowChange],
    status: str,
) -> Step:
    source = version or next(iter(tickets), None)
    is_new = version is not None and version.kind == "Added"
    fields = () if version is None else version.fields
    return Step(
        at=at,
        what=", ".join(_spoken(event) for event in events) or "Changed",
        status=status,
        who=source.who if source else "–",
        request_id=source.request_id if source else "",
        fields=(
            *(change for change in fields if change.name not in _NOT_SHOWN),
            *(told for event in events for told in _told_changes(event)),
            # The tickets of a new booking are listed on its page.
            *(() if is_new else _ticket_changes(tickets)),
        ),
        unrecorded=tuple(
            title
            for event in events
            for name, title in _PERSONAL_PARTS.items()
            if name in event.data.get("changed", ())
        ),
    )


def _told_changes(event: Event) -> Iterator[FieldChange]:
    """Yield changes that are in no column of the booking, from its event."""
    data = event.data
    if "oldLocalStart" in data:
        before, after = (
            f"{datetime.fromisoformat(data[name]):%Y-%m-%d %H:%M (UTC%z)} {data['timeZone']}"
            for name in ("oldLocalStart", "newLocalStart")
        )
        yield FieldChange("local_start", "Departure starts", before, after)
    if "ticketsCancelled" in data:
        refunded = money(data["refundRetail"], data["currency"])
        yield FieldChange("refund", "Refund for the tickets", "none", refunded)
    if data.get("on_another_day"):
        yield FieldChange("day", "Day", "as booked", "another day: staff insisted")


def _ticket_changes(tickets: Sequence[RowChange]) -> Iterator[FieldChange]:
    for change in tickets:
        label = f"Ticket {change.row}"
        unit = change.version.unit.internal_name
        if change.kind == "Added":
            yield FieldChange("ticket", label, "none", unit)
        elif change.kind == "Deleted":
            yield FieldChange("ticket", label, unit, "given back")
        else:
            for changed in change.fields:
                if changed.name not in _NOT_SHOWN:
                    yield replace(changed, label=f"{label}, {changed.label.lower()}")


def _spoken(event: Event) -> str:
    if "ticketsCancelled" in event.data:
        return "Tickets cancelled"
    spoken = event.type.partition(".")[2].replace("_", " ").capitalize()
    return f"{spoken}, for another day" if event.data.get("on_another_day") else spoken
