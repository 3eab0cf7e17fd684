"""The timeline of a booking on its page: steps with old and new values, and the actor."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import chain
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

from core_site.admin_kit.money_format import money
from core_site.admin_kit.viewer_zone import with_zone
from core_site.bookings.models import Booking, UnitItem
from core_site.bookings.page.message_steps import load_message_steps
from core_site.bookings.page.money_steps import load_exemption_steps, load_payment_steps
from core_site.bookings.page.step import Step
from core_site.bookings.refund_texts import REFUND_KINDS, is_own_sale, name_initiators
from core_site.catalog.time_format import format_moment
from core_site.events.models import Event
from core_site.row_history import EMPTY, FieldChange, RowChange, load_changes

#: Steps shown, the newest first; holds may be extended any number of times.
STEPS_SHOWN = 50

#: Tickets that one line names; of more it says how many.
TICKETS_NAMED = 5

#: Events that are read; one transaction writes few.
EVENTS_READ = 500

#: Columns that are derived from others, repeat the time or the actor of the step, or mean nothing
#: to staff.
_NOT_SHOWN = frozenset(
    {
        *("updated_at", "taxes", "reservation_fingerprint", "position"),
        *("confirmed_at", "cancelled_at", "attendance_at", "attendance_by"),
        "last_ticket_number",
    }
)

#: What columns are called where staff have another word than the table.
_LABELS = {
    "original_minor": "Price before discounts",
    "retail_minor": "Price for the guest",
    "net_minor": "The partner owes for it",
    "refund_retail_minor": "Refund to the guest",
    "refund_net_minor": "Refund to the partner",
    "cancellation_refund": "Refund",
    "hold_expires_at": "Held until",
    "tickets_due_at": "Tickets due since",
    "sale_date": "Day of sale",
    "attendance": "On the manifest",
    "pickup_time": "Pick-up time",
}

#: Of a ticket, the guest's amounts are enough: the partner's are those of the booking.
_NOT_SHOWN_OF_TICKETS = _NOT_SHOWN | {"original_minor", "net_minor", "refund_net_minor"}

#: Amounts between partner and house.
_OF_THE_PARTNER = frozenset({"net_minor", "refund_net_minor"})

#: Parts of a booking that may hold personal data, by the names that events give them.
_PERSONAL_PARTS = {
    "contact": "contact",
    "notes": "notes",
    "pickup_hotel": "place of the pick-up",
    "ticket_holders": "ticket holders",
}


@dataclass(slots=True)
class _Transaction:
    """Versions and events of a booking that one transaction wrote, with its time and actor."""

    versions: list[RowChange] = field(default_factory=list)
    tickets: list[RowChange] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)


def load_timeline(request: HttpRequest, booking: Booking) -> dict[str, Any]:
    """Return every step of a booking that the staff user may see, newest first."""
    recorded = load_steps(booking)
    others = chain(
        load_exemption_steps(request, booking),
        load_payment_steps(request, booking),
        load_message_steps(request, booking),
    )
    # Steps of a sale at the desk have the time of its click, which precedes the transaction's.
    first = recorded[-1].at if recorded else booking.created_at

    def moment(step: Step) -> datetime:
        return max(step.at, first)

    found = chain(sorted(others, key=moment, reverse=True), recorded)
    steps = sorted(found, key=moment, reverse=True)
    zone_name = booking.product.time_zone
    return {
        "steps": [(step, format_moment(step.at, zone_name)) for step in steps[:STEPS_SHOWN]],
        "is_cut": len(steps) > STEPS_SHOWN,
    }


def load_steps(booking: Booking) -> list[Step]:
    """Return the latest steps, newest first, with their events and changes; one more than shown."""
    zone_name = booking.product.time_zone
    by_moment: dict[datetime, _Transaction] = {}
    for version in reversed(load_changes(Booking, pgh_obj_id=booking.pk, zone_name=zone_name)):
        by_moment.setdefault(version.at, _Transaction()).versions.append(version)
    for ticket in reversed(load_changes(UnitItem, booking_id=booking.pk, zone_name=zone_name)):
        by_moment.setdefault(ticket.at, _Transaction()).tickets.append(ticket)
    for event in reversed(_find_events(booking).order_by("-id")[:EVENTS_READ]):
        by_moment.setdefault(event.created_at, _Transaction()).events.append(event)
    steps: list[Step] = []
    for at in sorted(by_moment):
        known_status = steps[-1].status if steps else "–"
        steps += _steps(at, by_moment[at], known_status, zone_name)
    latest = steps[::-1][: STEPS_SHOWN + 1]
    is_ours = is_own_sale(booking)
    return [replace(step, fields=tuple(_as_on_the_page(step.fields, is_ours))) for step in latest]


def _as_on_the_page(fields: Sequence[FieldChange], is_ours: bool) -> Iterator[FieldChange]:
    """Yield the changes in the words that the page has for a cancellation.

    What a partner owes is left out of our own sale, as it is there: its guest pays us.
    """
    initiators = name_initiators(is_own_sale=is_ours)
    words = {
        "cancellation_initiator": {kind.capitalize(): name for kind, name in initiators.items()},
        "cancellation_refund": {kind.capitalize(): name for kind, name in REFUND_KINDS.items()},
    }
    for change in fields:
        if is_ours and change.name in _OF_THE_PARTNER:
            continue
        known = words.get(change.name, {})
        before, after = (known.get(value, value) for value in (change.before, change.after))
        yield replace(change, before=before, after=after)


def _find_events(booking: Booking) -> QuerySet[Event]:
    # A uuid is its partner's own: another partner's booking may have the same one.
    return Event.objects.filter(
        booking_uuid=booking.uuid, partner=booking.partner_id, test_mode=booking.test_mode
    )


def _steps(
    at: datetime, written: _Transaction, known_status: str, zone_name: str
) -> Iterator[Step]:
    """Yield a transaction's steps: one for each version of the booking, with its event.

    A service writes one version and one event. What is left over of either belongs to the last
    step; tickets follow the booking in the same statement or the next, so they do too.
    """
    count = max(1, len(written.versions))
    is_new = any(version.kind == "Added" for version in written.versions)
    for number in range(count):
        is_last = number == count - 1
        version = written.versions[number] if written.versions else None
        events = written.events[number:] if is_last else written.events[number : number + 1]
        # The tickets of a new booking are listed on its page.
        tickets = written.tickets if is_last and not is_new else []
        if version is not None:
            known_status = version.version.get_status_display()
        yield _step(at, version, events, tickets, known_status, zone_name)


def _step(
    at: datetime,
    version: RowChange | None,
    events: Sequence[Event],
    tickets: Sequence[RowChange],
    status: str,
    zone_name: str,
) -> Step:
    source = version or next(iter(tickets), None)
    fields = () if version is None else version.fields
    moved = {change.name for change in fields} & {"departure"}
    return Step(
        at=at,
        what=", ".join(describe_event(event) for event in events) or _name_marks(tickets),
        status=status,
        who=source.who if source else "–",
        request_id=source.request_id if source else "",
        fields=(
            *_booking_changes(fields, zone_name),
            *(told for event in events for told in _told_changes(event) if told.name not in moved),
            *_ticket_changes(tickets),
        ),
        unrecorded=tuple(
            title
            for event in events
            for name, title in _PERSONAL_PARTS.items()
            if name in event.data.get("changed", ())
        ),
    )


def _booking_changes(fields: Sequence[FieldChange], zone_name: str) -> Iterator[FieldChange]:
    values = {change.name: (change.before, change.after) for change in fields}
    for change in fields:
        if change.before == change.after:
            continue  # By the minute, in which staff read it.
        is_same = values.get("retail_minor") == (change.before, change.after)
        if change.name in _NOT_SHOWN or (change.name == "original_minor" and is_same):
            continue
        if change.name == "hold_expires_at" and change.after == EMPTY:
            continue  # A booking that is no hold any more, as its status says.
        if change.name == "redeemed_at":
            continue  # Its tickets say when.
        if change.name == "departure":
            change = _shorten(change, zone_name)
        yield replace(change, label=_LABELS.get(change.name, change.label))


def _shorten(change: FieldChange, zone_name: str) -> FieldChange:
    """Return the departures by their times alone, where both are of one option."""
    (option, _, before), (other, _, after) = (
        name.rpartition(", ") for name in (change.before, change.after)
    )
    if option != other:
        return change
    times = (time.removesuffix(f" {zone_name}") for time in (before, after))
    return FieldChange(change.name, change.label, *(with_zone(time, zone_name) for time in times))


def _name_marks(tickets: Sequence[RowChange]) -> str:
    """Return what a step without an event did to the tickets: marks of the manifest have none."""
    marks = {change.after for ticket in tickets for change in ticket.fields
             if change.name == "attendance"}  # fmt: skip
    if len(marks) != 1:
        return "Changed"
    (mark,) = marks
    return "Mark of the manifest taken off" if mark == EMPTY else f"Marked as {mark.lower()}"


def _told_changes(event: Event) -> Iterator[FieldChange]:
    """Yield changes that are in no column of the booking, from its event."""
    data = event.data
    if "oldLocalStart" in data:
        starts = [datetime.fromisoformat(data[name]) for name in ("oldLocalStart", "newLocalStart")]
        before, after = (f"{start:%Y-%m-%d %H:%M}" for start in starts)
        if before == after:  # By the clock of the place; the rules of its zone have changed.
            before, after = (f"{start:%Y-%m-%d %H:%M (UTC%z)}" for start in starts)
        zone_name = data["timeZone"]
        yield FieldChange(
            "departure",
            "Departure starts",
            with_zone(before, zone_name),
            with_zone(after, zone_name),
        )
    if "ticketsCancelled" in data:
        refunded = money(data["refundRetail"], data["currency"])
        yield FieldChange("refund", "Refund for the tickets", "none", refunded)
    if "priceKept" in data:
        kept, of_slot = (
            "none" if data[name] is None else money(data[name], data["currency"])
            for name in ("priceKept", "slotRetail")
        )
        yield FieldChange("price_kept", "Price kept instead of the new slot's", of_slot, kept)
    if data.get("on_another_day"):
        yield FieldChange("day", "Day", "as booked", "another day: staff insisted")


def _ticket_changes(tickets: Sequence[RowChange]) -> Iterator[FieldChange]:
    """Yield what changed in tickets; what is the same for several of them only once."""
    same: dict[FieldChange, list[str]] = {}
    for change in tickets:
        for changed in _changes_of_one(change):
            same.setdefault(changed, []).append(change.row)
    for changed, names in same.items():
        if changed.name == "ticket_code":
            yield replace(changed, label="Ticket codes", after=f"{len(names)} issued")
            continue
        listed = ", ".join(names) if len(names) <= TICKETS_NAMED else str(len(names))
        label = f"Ticket{'s' if len(names) > 1 else ''} {listed}{changed.label}"
        yield replace(changed, label=label)


def _changes_of_one(ticket: RowChange) -> Iterator[FieldChange]:
    """Yield the changes of one ticket, labelled as what follows its name."""
    unit = ticket.version.unit.internal_name
    if ticket.kind == "Added":
        yield FieldChange("ticket", "", "none", unit)
    elif ticket.kind == "Deleted":
        yield FieldChange("ticket", "", unit, "given back")
    for changed in ticket.fields:
        if changed.name in _NOT_SHOWN_OF_TICKETS:
            continue
        if changed.name == "ticket_code" and changed.before == EMPTY:
            yield replace(changed, before="none", after="")  # Which one, the table of tickets says.
            continue
        name = _LABELS.get(changed.name, changed.label)
        yield replace(changed, label=f", {name[:1].lower()}{name[1:]}")


def describe_event(event: Event) -> str:
    """Return an event in the words of the timeline, such as ``Moved`` for an update of the slot."""
    if "ticketsCancelled" in event.data:
        return "Tickets cancelled"
    if "departure" in event.data.get("changed", ()):
        return "Moved, price kept" if "priceKept" in event.data else "Moved"
    spoken = event.type.partition(".")[2].replace("_", " ").capitalize()
    return f"{spoken}, for another day" if event.data.get("on_another_day") else spoken
