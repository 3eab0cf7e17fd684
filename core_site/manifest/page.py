"""The content of the manifest: parties and guests as rows, each with its state and its buttons."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from django.utils.functional import cached_property

from core_site.admin_kit.language_names import name_language
from core_site.admin_kit.money_format import money
from core_site.catalog.models import Departure
from core_site.catalog.time_format import format_start
from shared_domain import bookings
from shared_domain.bookings import BookingId
from shared_domain.manifest import (
    Attendance,
    Guest,
    GuestParty,
    Manifest,
    Totals,
    is_checked_in_late,
)
from shared_domain.payments import Balance
from shared_domain.search import fold_words
from shared_domain.time_zones import zone

#: Parties and guests on one page: all of a boat or a bus, a part of a day at a museum. The page
#: stays light with as many, whatever each of them shows.
PARTIES_PER_PAGE, GUESTS_PER_PAGE = 60, 150

#: Stops of the driver on the page; the documents have all.
STOPS_SHOWN = 40

#: Stands for what a staff user may not see.
HIDDEN = "••••••"


@dataclass(frozen=True)
class Viewer:
    """The permissions of the reader of a manifest."""

    sees_guests: bool
    may_act: bool
    #: Guides have no account, so nothing of theirs links into the admin.
    may_open_bookings: bool = True


@dataclass(frozen=True, slots=True)
class MarkButton:
    """A button of the manifest's form; ``value`` is what ``Order.parse`` reads."""

    label: str
    value: str
    look: str = "plain"
    about: str = ""


@dataclass(frozen=True)
class GuestRow:
    """A guest's line: name and unit, the state as text and as a CSS class, and buttons."""

    guest: Guest
    name: str
    state: str
    look: str
    buttons: tuple[MarkButton, ...]
    #: Which ticket of the booking, as people say it.
    number: str


@dataclass(frozen=True, slots=True)
class PartyPart:
    """A party on one page, with the guests that the page has room for: all but of the largest."""

    party: GuestParty
    guests: tuple[Guest, ...]
    is_continued: bool = False


@dataclass(frozen=True)
class PartyRow:
    """A booking's block on the manifest."""

    party: GuestParty
    name: str
    telephone: str
    language: str
    notes: tuple[str, ...]
    guests: tuple[GuestRow, ...]
    buttons: tuple[MarkButton, ...]
    #: Where the party is picked up, and when.
    pickup: str = ""
    #: What the guest owes the supplier, or the supplier the guest; empty when neither does.
    balance: str = ""
    owes: bool = False
    status: str = ""
    #: True for the guests of a party that began on the page before.
    is_continued: bool = False

    @property
    def notes_text(self) -> str:
        """The notes, each on a line of its own."""
        return "\n".join(self.notes)

    @property
    def is_settled(self) -> bool:
        """True when no guest of the party is awaited any more."""
        return not self.party.awaited

    @property
    def search_text(self) -> str:
        """The text that the filter of the page searches, in small letters as it is typed.

        A word is found without its accents as well: João by ``joao``, Weiß by ``weiss``, and a
        telephone number without its blanks.
        """
        names = [row.name for row in self.guests]
        words = [self.name, self.party.reference, self.telephone, self.pickup, *names]
        text = " ".join(words).lower()
        other = [*fold_words(text), "".join(filter(str.isdecimal, self.telephone))]
        return " ".join((text, *(word for word in dict.fromkeys(other) if word not in text)))


@dataclass(frozen=True, kw_only=True)
class PickUpRow:
    """A pick-up: its time and place, the number of people, and the names of their parties."""

    time: str
    place: str
    heads: int
    who: str


@dataclass(frozen=True, kw_only=True)
class ManifestPage:
    """The manifest of one departure as of ``now``, with what ``viewer`` may see and do."""

    departure: Departure
    manifest: Manifest
    balances: Mapping[BookingId, Balance]
    viewer: Viewer
    now: datetime
    etag: str
    #: Where its buttons are sent, and its polls.
    url: str
    number: int = 1
    #: That the departure is cancelled, or where its guests were moved; empty if it still runs.
    disruption: str = ""

    @property
    def starts(self) -> str:
        return format_start(self.departure, self.departure.option.product.time_zone)

    @property
    def is_day(self) -> bool:
        """True on the days on which tickets of the departure are valid."""
        clock = zone(self.departure.option.product.time_zone)
        return bookings.admits_today(self.departure, clock, now=self.now)

    @property
    def is_over(self) -> bool:
        return not self.is_day and self.departure.ends_at <= self.now

    @property
    def totals(self) -> Totals:
        return self.manifest.totals

    @cached_property
    def pages(self) -> list[list[PartyPart]]:
        """The parties by name, page by page."""
        return divide_into_pages(self._in_order())

    @cached_property
    def page_number(self) -> int:
        """The page that was asked for, or the nearest that there is."""
        return min(max(self.number, 1), max(len(self.pages), 1))

    @property
    def rows(self) -> Iterator[PartyRow]:
        shown = self.pages[self.page_number - 1] if self.pages else ()
        return map(self._party_row, shown)

    @property
    def all_rows(self) -> Iterator[PartyRow]:
        """Every party as a row, for a file, without pages."""
        return (self._party_row(PartyPart(party, party.guests)) for party in self._in_order())

    @property
    def pickups_shown(self) -> tuple[PickUpRow, ...]:
        return self.pickups[:STOPS_SHOWN]

    @property
    def pickups_not_shown(self) -> int:
        return len(self.pickups) - len(self.pickups_shown)

    @cached_property
    def pickups(self) -> tuple[PickUpRow, ...]:
        """The pick-ups of the departure; empty if the viewer may not see guests."""
        if not self.viewer.sees_guests:
            return ()
        return tuple(
            PickUpRow(
                time=stop.time or "no time",
                place=stop.hotel or "no place yet",
                heads=stop.heads,
                who=", ".join(
                    f"{party.contact.name or party.reference} ({party.heads})"
                    for party in stop.parties
                ),
            )
            for stop in self.manifest.pickups
        )

    def _in_order(self) -> list[GuestParty]:
        return sorted(self.manifest.parties, key=self._order)

    def _order(self, party: GuestParty) -> tuple[str, int]:
        # By name only for those who see names: an order by hidden names would tell about them.
        contact = party.contact
        name = contact.last_name or contact.name or "" if self.viewer.sees_guests else ""
        return (name.casefold(), party.id)

    def _party_row(self, part: PartyPart) -> PartyRow:
        party = part.party
        contact, sees = party.contact, self.viewer.sees_guests
        notes = [text for text in (party.notes, contact.notes) if text]
        notes += [guest.contact.notes for guest in party.guests if guest.contact.notes]
        alone = len(party.guests) == 1
        return PartyRow(
            party=party,
            name=(contact.name or "No name") if sees else HIDDEN,
            telephone=contact.phone_number or "" if sees else "",
            language=_language(contact) if sees else "",
            notes=tuple(dict.fromkeys(notes)) if sees else (),
            guests=tuple(self._guest_row(party, guest) for guest in part.guests),
            buttons=() if alone else tuple(self._party_buttons(party)),
            pickup=bookings.pickup_in_words(party) if sees else "",
            balance=_balance(self.balances.get(party.id)),
            owes=party.id in self.balances and self.balances[party.id].due_minor > 0,
            status="" if party.is_admitted else party.status.value.capitalize(),
            is_continued=part.is_continued,
        )

    def _guest_row(self, party: GuestParty, guest: Guest) -> GuestRow:
        if not self.viewer.sees_guests:
            name = ""
        else:
            name = guest.contact.name or (
                party.contact.name or "" if len(party.guests) == 1 else ""
            )
        state, look = self._describe(party, guest)
        buttons = tuple(self._guest_buttons(party, guest)) if party.is_admitted else ()
        number = guest.ticket.removeprefix(party.reference).lstrip("-")
        return GuestRow(guest, name, state, look, buttons, number)

    def _describe(self, party: GuestParty, guest: Guest) -> tuple[str, str]:
        clock = zone(party.time_zone)
        match guest.attendance:
            case Attendance.CHECKED_IN if guest.redeemed_at:
                is_late = is_checked_in_late(guest, departs_at=party.departs_at)
                late = ", late" if is_late else ""
                return f"In {guest.redeemed_at.astimezone(clock):%H:%M}{late}", "in"
            case Attendance.LATE | Attendance.NO_SHOW if guest.mark:
                noted = f"{guest.mark.at.astimezone(clock):%H:%M}, {guest.mark.by}"
                if guest.attendance is Attendance.LATE:
                    return f"Late, noted {noted}", "late"
                return f"No-show, noted {noted}", "absent"
        return (
            ("Expected", "expected")
            if party.is_admitted
            else (party.status.value.replace("_", " ").capitalize(), "")
        )

    def _guest_buttons(self, party: GuestParty, guest: Guest) -> Iterator[MarkButton]:
        if not self.viewer.may_act:
            return
        who = guest.ticket

        def button(do: str, label: str, look: str = "plain") -> MarkButton:
            return MarkButton(label, f"{do}:{party.id}:{guest.uuid}", look, f"{label}: {who}")

        if guest.attendance is Attendance.CHECKED_IN:
            if guest.can_undo(now=self.now):
                yield button("undo_check_in", "Undo", "quiet")
            return
        if self.is_day:
            yield button("check_in", "Check in", "primary")
        if guest.attendance is Attendance.EXPECTED and not self.is_over:
            yield button("late", "Late")
        if guest.attendance is not Attendance.NO_SHOW and self.now >= party.departs_at:
            yield button("no_show", "No-show")
        if guest.mark is not None and guest.can_undo(now=self.now):
            label = "Not late" if guest.is_marked_late else "Undo no-show"
            yield button("expected", label, "quiet")

    def _party_buttons(self, party: GuestParty) -> Iterator[MarkButton]:
        awaited = len(party.awaited)
        if not self.viewer.may_act or not party.is_admitted or awaited < 2:
            return
        about = f": {party.reference}"
        if self.is_day:
            label = f"Check in all {awaited}"
            yield MarkButton(label, f"check_in:{party.id}:", "primary", label + about)
        expected = sum(guest.attendance is Attendance.EXPECTED for guest in party.guests)
        if expected == awaited and not self.is_over:
            yield MarkButton("All late", f"late:{party.id}:", "plain", f"All late{about}")
        if self.now >= party.departs_at:
            label = f"{awaited} no-shows"
            yield MarkButton(label, f"no_show:{party.id}:", "plain", label + about)


def divide_into_pages(parties: Iterable[GuestParty]) -> list[list[PartyPart]]:
    """Return the parties of each page, in their order.

    A party stays on one page unless it has more guests than a page has room for.
    """
    pages: list[list[PartyPart]] = []
    guests = GUESTS_PER_PAGE
    for party in parties:
        for first in range(0, max(len(party.guests), 1), GUESTS_PER_PAGE):
            part = party.guests[first : first + GUESTS_PER_PAGE]
            guests += len(part)
            if guests > GUESTS_PER_PAGE or len(pages[-1]) == PARTIES_PER_PAGE:
                pages.append([])
                guests = len(part)
            pages[-1].append(PartyPart(party, part, is_continued=first > 0))
    return pages


def make_etag(
    revision: str, departure: Departure, viewer: Viewer, number: int, now: datetime
) -> str:
    """Return the entity tag of a manifest: a hash of what its content depends on, but templates."""
    clock = zone(departure.option.product.time_zone)
    parts = (
        revision, departure.pk, departure.is_open, departure.starts_at, departure.ends_at,
        viewer, number, now >= departure.cutoffs_count_from, departure.ends_at <= now,
        bookings.admits_today(departure, clock, now=now),
    )  # fmt: skip
    return f'"{sha256(repr(parts).encode()).hexdigest()[:32]}"'


def _balance(balance: Balance | None) -> str:
    if balance is None or balance.is_settled:
        return ""
    if balance.due_minor:
        return f"{money(balance.due_minor, balance.currency)} due"
    return f"{money(balance.refund_due_minor, balance.currency)} to refund"


def _language(contact: bookings.Contact) -> str:
    """Return the guest's first language by its English name, or the tag where Django has none."""
    return name_language(contact.locales[0]) if contact.locales else ""
