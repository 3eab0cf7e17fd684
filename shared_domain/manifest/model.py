"""A departure's manifest as plain values, and the rules of marking late guests and no-shows."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from shared_domain.bookings import UNDO_WINDOW, BookingId, BookingStatus, Contact
from shared_domain.manifest.errors import GuestNotOnManifest, MarkFinal, NoShowTooEarly, NotMarkable
from shared_domain.partners import Access

#: Parties that one manifest lists; its totals count all. A day of a museum may have more.
MOST_PARTIES = 2_000

#: How long a mark can be undone, as a redemption can.
MARK_UNDO_WINDOW: timedelta = UNDO_WINDOW


class MarkKind(StrEnum):
    """The marks that staff or a guide put on the ticket of an absent guest."""

    LATE = "LATE"
    NO_SHOW = "NO_SHOW"


class Attendance(StrEnum):
    """The attendance of a guest, as the manifest shows it."""

    EXPECTED = "EXPECTED"
    LATE = "LATE"
    CHECKED_IN = "CHECKED_IN"
    NO_SHOW = "NO_SHOW"


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark on a ticket, with its time and the staff user or guide's link that set it."""

    kind: MarkKind
    at: datetime
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Guest:
    """One ticket of a party; ``pax_count`` is how many people it admits."""

    uuid: UUID
    unit_name: str
    pax_count: int
    ticket: str
    contact: Contact
    redeemed_at: datetime | None
    mark: Mark | None

    @property
    def attendance(self) -> Attendance:
        """The guest's attendance: a redeemed ticket counts before any mark."""
        if self.redeemed_at is not None:
            return Attendance.CHECKED_IN
        return Attendance(self.mark.kind.value) if self.mark else Attendance.EXPECTED

    @property
    def is_marked_late(self) -> bool:
        return self.mark is not None and self.mark.kind is MarkKind.LATE

    def can_undo(self, *, now: datetime) -> bool:
        """True while the guest's check-in, or else the mark, can be undone."""
        if self.redeemed_at is not None:
            return now < self.redeemed_at + UNDO_WINDOW
        return self.mark is not None and now < self.mark.at + MARK_UNDO_WINDOW


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestParty:
    """A booking on the manifest, with its guests in the order of their tickets."""

    id: BookingId
    uuid: UUID
    access: Access
    partner_name: str
    reference: str
    status: BookingStatus
    contact: Contact
    notes: str | None
    pickup_hotel: str | None = None
    pickup_time: str | None = None
    departs_at: datetime
    time_zone: str
    guests: tuple[Guest, ...]

    @property
    def heads(self) -> int:
        """How many people travel on the party's tickets."""
        return sum(guest.pax_count for guest in self.guests)

    @property
    def awaited(self) -> tuple[Guest, ...]:
        """The guests who may still come: neither checked in nor marked as no-show."""
        may_come = (Attendance.EXPECTED, Attendance.LATE)
        return tuple(guest for guest in self.guests if guest.attendance in may_come)

    @property
    def is_admitted(self) -> bool:
        """True when the booking is confirmed, so that its tickets admit."""
        return self.status in (BookingStatus.CONFIRMED, BookingStatus.REDEEMED)

    def find(self, ticket_uuid: UUID | None) -> tuple[Guest, ...]:
        """Return the guest of this ticket, or with None all guests of the party.

        Raises:
            GuestNotOnManifest: the party has no such ticket.
        """
        found = tuple(guest for guest in self.guests if ticket_uuid in (None, guest.uuid))
        if not found:
            raise GuestNotOnManifest
        return found

    def guests_to_mark(
        self, kind: MarkKind, ticket_uuid: UUID | None, *, now: datetime
    ) -> tuple[Guest, ...]:
        """Return the guests to mark: the one named, or with None all who are awaited.

        Guests with the same mark are left out, so that a double click does no harm.

        Raises:
            GuestNotOnManifest: the party has no such ticket.
            NotMarkable: the guest is checked in, or the booking is not confirmed.
            NoShowTooEarly: the departure has not started; a day of opening hours has not closed.
            MarkFinal: it would replace a no-show's mark that is older than ``MARK_UNDO_WINDOW``.
        """
        named = self.find(ticket_uuid)
        for guest in named:
            is_in = ticket_uuid is not None and guest.redeemed_at is not None
            if is_in or self.status is not BookingStatus.CONFIRMED:
                raise NotMarkable(self.status, guest.ticket)
        if kind is MarkKind.NO_SHOW and now < self.departs_at:
            raise NoShowTooEarly(self.departs_at, self.time_zone)
        chosen = named if ticket_uuid is not None else self.awaited
        changed = [guest for guest in chosen if guest.mark is None or guest.mark.kind is not kind]
        for guest in changed:
            # Being late after all undoes a no-show.
            if guest.attendance is Attendance.NO_SHOW and not guest.can_undo(now=now):
                raise MarkFinal(guest.ticket)
        return tuple(changed)

    def guests_to_unmark(self, ticket_uuid: UUID | None, *, now: datetime) -> tuple[Guest, ...]:
        """Return the marked guests to expect again: the one named, or with None all of the party.

        Raises:
            GuestNotOnManifest: the party has no such ticket.
            MarkFinal: the mark is older than ``MARK_UNDO_WINDOW``.
        """
        marked = tuple(guest for guest in self.find(ticket_uuid) if guest.mark is not None)
        for guest in marked:
            if guest.mark and now >= guest.mark.at + MARK_UNDO_WINDOW:
                raise MarkFinal(guest.ticket)
        return marked


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadCount:
    """The confirmed tickets of one kind of unit; ``pax_count`` people travel on each."""

    unit_name: str
    pax_count: int
    tickets: int
    checked_in: int
    late: int
    no_shows: int

    @property
    def heads(self) -> int:
        return self.tickets * self.pax_count

    @property
    def heads_in(self) -> int:
        return self.checked_in * self.pax_count


@dataclass(frozen=True, slots=True)
class Waiting:
    """Live bookings that are not confirmed: ``places`` of running holds, and of pending ones."""

    held_bookings: int
    held_places: int
    pending_bookings: int
    pending_places: int


@dataclass(frozen=True, slots=True)
class PickUp:
    """A stop of the driver: the confirmed parties of one place and time, by name or otherwise."""

    time: str | None
    hotel: str | None
    parties: tuple[GuestParty, ...]

    @property
    def heads(self) -> int:
        return sum(party.heads for party in self.parties)


@dataclass(frozen=True, slots=True)
class Totals:
    """The head count of a whole departure, over all kinds of units."""

    heads: int
    checked_in: int
    late: int
    no_shows: int

    @property
    def awaited(self) -> int:
        return self.heads - self.checked_in - self.no_shows

    @property
    def percent_in(self) -> int:
        return round(100 * self.checked_in / self.heads) if self.heads else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """The head count of a departure, and its parties up to ``MOST_PARTIES``.

    ``is_cut`` is True when the departure has more parties than it lists.
    """

    counts: tuple[HeadCount, ...]
    waiting: Waiting
    parties: tuple[GuestParty, ...]
    is_cut: bool = False

    @property
    def pickups(self) -> tuple[PickUp, ...]:
        """The stops of the driver in their order; those without a time come last."""
        stops: dict[tuple[str, str], list[GuestParty]] = {}
        for party in self.parties:
            if party.is_admitted and (party.pickup_hotel or party.pickup_time):
                key = (party.pickup_time or "", (party.pickup_hotel or "").casefold())
                stops.setdefault(key, []).append(party)
        return tuple(
            PickUp(parties[0].pickup_time, parties[0].pickup_hotel, tuple(parties))
            for key, parties in sorted(stops.items(), key=lambda stop: (not stop[0][0], stop[0]))
        )

    @property
    def totals(self) -> Totals:
        return Totals(
            heads=sum(count.heads for count in self.counts),
            checked_in=sum(count.heads_in for count in self.counts),
            late=sum(count.late * count.pax_count for count in self.counts),
            no_shows=sum(count.no_shows * count.pax_count for count in self.counts),
        )


def is_checked_in_late(guest: Guest, *, departs_at: datetime) -> bool:
    """True for a guest who came after the departure's start, or was noted as late before."""
    return guest.redeemed_at is not None and (
        guest.is_marked_late or guest.redeemed_at > departs_at
    )


def uuids(guests: Iterable[Guest]) -> list[UUID]:
    return [guest.uuid for guest in guests]
