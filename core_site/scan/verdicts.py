"""The verdict on a scan: the guests are admitted, or the reason why not and what staff can do."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from uuid import UUID

import pghistory
from django.utils import timezone

from core_site import stores
from core_site.admin_kit.money_format import money
from core_site.bookings.changes.subject import offered_actions
from core_site.bookings.models import Booking
from core_site.bookings.redeem_forms import describe_lifted
from core_site.catalog.time_format import format_moment, format_start
from core_site.scan.codes import Found
from core_site.staff_messages import staff_message
from core_site.transactions import in_one_transaction
from shared_domain import bookings, manifest, payments
from shared_domain.bookings import BookingStatus, RedemptionProblem
from shared_domain.manifest import MarkKind
from shared_domain.refusals import Refused
from shared_domain.run_now import run_now

#: What staff may insist on, by the name that the page's button sends.
DAY, UNPAID = "day", "unpaid"
INSISTENCES = frozenset({DAY, UNPAID})


@dataclass(frozen=True)
class VerdictButton:
    """A button below a verdict, with the hidden fields that its form sends."""

    label: str
    fields: tuple[tuple[str, str], ...]
    is_dangerous: bool = False


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """The answer to a scan; ``look`` is good, bad or ask, and ``facts`` are the booking's.

    ``offers_tickets`` is whether there is a ticket that staff can still choose to check in.
    """

    look: str
    headline: str
    reason: str = ""
    row: Booking | None = None
    guest: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    buttons: tuple[VerdictButton, ...] = ()
    offers_tickets: bool = False


@dataclass(frozen=True)
class Gate:
    """Decides scans for a staff user.

    ``sees_guests`` is whether verdicts name guests. ``noting`` writes the admin's log: it is called
    in the transaction of the change, with the booking's row and a description of the change.
    """

    sees_guests: bool
    noting: Callable[[Booking, str], object]

    def look_up(self, code: str, found: Found | None) -> Verdict:
        """Return a verdict that asks for confirmation, with a button; nothing is redeemed."""
        if found is None:
            return unknown()
        now = timezone.now()
        booking = _load(found.row, now)
        try:
            would = bookings.redeem_tickets(booking, found.item_uuids, on_any_day=True, now=now)
        except bookings.NotRedeemable as refusal:
            return self._refused(refusal, code, found, booking, frozenset())
        admitted = _changed(booking, would)
        button = VerdictButton(f"Check in {_people(admitted)}", (("code", code), ("do", "redeem")))
        said = Verdict(
            look="ask",
            headline="Check in?",
            reason=_describe_no_shows(found.row, admitted),
            buttons=(button,),
        )
        return self._about(said, found, booking)

    def redeem(self, code: str, found: Found | None, insists: frozenset[str]) -> Verdict:
        """Redeem the tickets of a code, and return the verdict; ``insists`` are ``INSISTENCES``."""
        if found is None:
            return unknown()
        now = timezone.now()
        before = _load(found.row, now)
        is_any_day = DAY in insists
        try:
            bookings.redeem_tickets(before, found.item_uuids, on_any_day=is_any_day, now=now)
            if UNPAID not in insists and (unpaid := self._unpaid(code, found, before, insists)):
                return unpaid
            with pghistory.context(**self._noted(before, insists, now)):
                admission = in_one_transaction(partial(self._redeem, found, insists, now))
        except Refused as refusal:
            return self._refused(refusal, code, found, before, insists)
        after = admission.booking
        admitted = [item for item in after.unit_items if item.redeemed_at == now]
        tickets = ",".join(str(item.uuid) for item in admitted)
        undo = VerdictButton("Undo", (("code", code), ("do", "undo"), ("tickets", tickets)))
        earlier = sum(1 for item in after.unit_items if item.redeemed_at) - len(admitted)
        return self._about(
            Verdict(
                look="good",
                headline=f"Admit {_people(admitted)}",
                reason=_composition(admitted)
                + (f"; {earlier} of the booking came before" if earlier else "")
                + describe_lifted(admission.lifted),
                buttons=(undo,),
            ),
            found,
            after,
        )

    def undo(self, code: str, found: Found | None, tickets: Iterable[UUID]) -> Verdict:
        """Undo the redemption of these tickets, after a scan by mistake, and return the verdict."""
        if found is None:
            return unknown()
        now, chosen = timezone.now(), frozenset(tickets)

        def change() -> bookings.Booking:
            undo = bookings.undo_redemption(
                found.row.uuid, chosen, access=found.row.access, now=now, store=stores.bookings()
            )
            undone = run_now(undo)
            self.noting(found.row, "Redemption undone.")
            return undone

        try:
            undone = in_one_transaction(change)
        except Refused as refusal:
            return self._refused(refusal, code, found, _load(found.row, now), frozenset())
        said = Verdict(look="ask", headline="Undone", reason="The tickets admit again.")
        return self._about(said, found, undone)

    def _unpaid(
        self, code: str, found: Found, booking: bookings.Booking, insists: frozenset[str]
    ) -> Verdict | None:
        """Return the verdict on a booking whose guest still owes the supplier money, else None."""
        row, now = found.row, timezone.now()
        asked = payments.balance(row.uuid, access=row.access, now=now, store=stores.payments())
        balance = run_now(asked)
        if not balance.due_minor:
            return None
        said = Verdict(
            look="bad",
            headline="Unpaid",
            reason=f"{money(balance.due_minor, balance.currency)} is due. Take the payment on the "
            "page of the booking, then scan again.",
            buttons=(_insist(code, insists | {UNPAID}),),
        )
        return self._about(said, found, booking)

    def _redeem(self, found: Found, insists: frozenset[str], now: datetime) -> manifest.Admission:
        row = found.row
        admission = run_now(
            manifest.admit_guests(
                row.uuid,
                found.item_uuids,
                on_any_day=DAY in insists,
                access=row.access,
                now=now,
                store=stores.bookings(),
                marks=stores.manifest(),
            )
        )
        departure = admission.booking.departure
        said = "Redeemed."
        if departure is not None and not bookings.is_travel_day(admission.booking, now=now):
            said = f"Redeemed, though for {departure.local_date}."
        self.noting(row, said + describe_lifted(admission.lifted, start=" "))
        return admission

    def _noted(
        self, booking: bookings.Booking, insists: frozenset[str], now: datetime
    ) -> dict[str, bool]:
        """Return what the history's rows say beside who it was: that staff insisted."""
        insisted = DAY in insists and not bookings.is_travel_day(booking, now=now)
        return {"redeemed_on_another_day": True} if insisted else {}

    def _refused(
        self,
        refusal: Refused,
        code: str,
        found: Found,
        booking: bookings.Booking,
        insists: frozenset[str],
    ) -> Verdict:
        reason = f"{staff_message(refusal).text}."
        buttons: tuple[VerdictButton, ...] = ()
        match refusal:
            case bookings.WrongDay():
                headline = "Wrong day"
                buttons = (_insist(code, insists | {DAY}),)
            case bookings.NotRedeemable(RedemptionProblem.USED_BEFORE) | bookings.NotRedeemable(
                RedemptionProblem.NOT_CONFIRMED, BookingStatus.REDEEMED
            ):
                headline, reason = "Already redeemed", _when_used(booking, found)
            case bookings.NotRedeemable(RedemptionProblem.TEST_BOOKING):
                headline = "Test booking"
            case bookings.NotRedeemable(_, status):
                headline = status.value.replace("_", " ").capitalize()
            case bookings.RedemptionFinal():
                headline = "Not undone"
            case _:
                headline = "Try again"
        said = Verdict(look="bad", headline=headline, reason=reason, buttons=buttons)
        return self._about(said, found, booking)

    def _about(self, verdict: Verdict, found: Found, booking: bookings.Booking) -> Verdict:
        holder = next(
            (item.contact.name for item in booking.unit_items if item.uuid == found.ticket_uuid),
            None,
        )
        row = found.row
        departure = row.departure
        starts = format_start(departure, booking.product.time_zone) if departure else "any day"
        return replace(
            verdict,
            row=row,
            guest=(holder or booking.contact.name or "") if self.sees_guests else "",
            facts=(
                ("Product", f"{booking.product.internal_name}, {booking.option.internal_name}"),
                ("Travels at", starts),
                ("Party", _composition(booking.unit_items)),
                ("Sold by", str(row.partner)),
            ),
            offers_tickets="redeem" in offered_actions(booking, timezone.now()),
        )


def _insist(code: str, insists: frozenset[str]) -> VerdictButton:
    again = (("code", code), ("do", "redeem"))
    insisting = tuple(("insist", name) for name in sorted(insists))
    return VerdictButton("Admit all the same", again + insisting, is_dangerous=True)


def unknown() -> Verdict:
    reason = "No booking has this code. Check it, or search the bookings by name or reference."
    return Verdict(look="bad", headline="Unknown code", reason=reason)


def describe_repeat(found: Found | None, *, is_undo: bool) -> Verdict:
    """Return the verdict for a repeated request, whose scan or undo was carried out before."""
    row = None if found is None else found.row
    if is_undo:
        return Verdict(look="ask", headline="Undone", reason="The tickets admit again.", row=row)
    said = "This scan was carried out before; the booking shows what came of it."
    return Verdict(look="good", headline="Done before", reason=said, row=row)


def _load(row: Booking, now: datetime) -> bookings.Booking:
    get = bookings.get_booking(row.uuid, access=row.access, now=now, store=stores.bookings())
    return run_now(get)


def _changed(before: bookings.Booking, after: bookings.Booking) -> list[bookings.UnitItem]:
    unused = {item.uuid for item in before.unit_items if item.redeemed_at is None}
    return [item for item in after.unit_items if item.uuid in unused and item.redeemed_at]


def _describe_no_shows(row: Booking, items: Iterable[bookings.UnitItem]) -> str:
    """Say which tickets are marked as no-show, a mark that checking in lifts; empty without."""
    marked = row.unit_items.filter(
        uuid__in=[item.uuid for item in items], attendance=MarkKind.NO_SHOW.value
    )
    tickets = marked.order_by("position").values_list("supplier_reference", flat=True)
    if not tickets:
        return ""
    return f"Marked as no-show: {', '.join(tickets)}. Checking in lifts the mark."


def _people(items: Iterable[bookings.UnitItem]) -> str:
    """Return how many people travel on the tickets."""
    return str(sum(item.unit.pax_count for item in items))


def _composition(items: Iterable[bookings.UnitItem]) -> str:
    """Return ``2 × Adult, 1 × Child``."""
    units = Counter(item.unit.internal_name for item in items)
    return ", ".join(f"{count} × {unit}" for unit, count in units.items())


def _when_used(booking: bookings.Booking, found: Found) -> str:
    """Return when the ticket was used, or the last one of the booking, by the product's clock."""
    used = [
        item.redeemed_at
        for item in booking.unit_items
        if item.redeemed_at and found.ticket_uuid in (None, item.uuid)
    ]
    if not used:
        return "It was used before."
    return f"Used at {format_moment(max(used), str(booking.product.zone))}."
