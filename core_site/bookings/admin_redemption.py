"""Admin pages to redeem tickets of a booking that are chosen by hand, and to undo a redemption.

A staff user who came from the scan page returns to it, for the next scan.
"""

from collections.abc import Iterable
from datetime import datetime
from functools import partial
from uuid import UUID

import pghistory
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from unfold.enums import ActionVariant

from core_site import stores
from core_site.admin_kit.confirmation_page import ConfirmationPage, render_confirmation
from core_site.bookings.admin_actions import BookingActions, booking_action, submitted_data
from core_site.bookings.changes.effects import ChangedValue
from core_site.bookings.changes.subject import Subject
from core_site.bookings.models import Booking
from core_site.bookings.redeem_forms import (
    RedeemForm,
    TicketChoice,
    UndoRedemptionForm,
    describe_lifted,
)
from core_site.catalog.time_format import format_moment
from core_site.staff_messages import staff_message
from shared_domain import bookings, manifest
from shared_domain.manifest import MarkKind
from shared_domain.partners import Access

#: In the address of a page that the scan page led to.
AT_THE_GATE = "gate"


class RedeemingActions(BookingActions):
    """Mixin of ``BookingAdmin``: the actions that redeem tickets and undo it."""

    @booking_action(
        description="Redeem",
        icon="qr_code_scanner",
        variant=ActionVariant.PRIMARY,
    )
    def redeem(self, request: HttpRequest, subject: Subject) -> HttpResponse:
        scanned = request.GET.get("ticket")
        unused = [item for item in subject.booking.unit_items if item.redeemed_at is None]
        choices = _describe_tickets(subject, unused)
        wrong_day = _wrong_day(subject)
        form = RedeemForm(choices, submitted_data(request), scanned=scanned, wrong_day=wrong_day)
        if form.is_valid():
            done = self._redeem(request, subject, form)
            if done is not None:
                return done
        confirmation = ConfirmationPage(
            title=f"Redeem {subject.row}",
            button="Redeem",
            explanation=f"{wrong_day}." if wrong_day else "",
            facts=subject.facts_of_admission,
            effects=_redemption_effects(subject, choices),
            refusal=subject.find_refusal(lambda: _preview_redemption(subject, scanned), form),
            is_dangerous=bool(wrong_day),
            more=self._way_to_undo(request, subject),
            row=subject.row,
            back_url=_way_back(request, subject),
        )
        return render_confirmation(request, confirmation, form, about=Booking)

    @booking_action(description="Undo redemption", icon="undo")
    def undo_redemption(self, request: HttpRequest, subject: Subject) -> HttpResponse:
        choices = _describe_tickets(subject, _undoable(subject))
        form = UndoRedemptionForm(choices, submitted_data(request))
        if form.is_valid():
            done = self._carry_out(
                request,
                subject,
                form,
                partial(bookings.undo_redemption, item_uuids=form.chosen),
                said="Redemption undone.",
                back_url=_way_back(request, subject),
            )
            if done is not None:
                return done
        confirmation = ConfirmationPage(
            title=f"Undo redemption: {subject.row}",
            button="Undo redemption",
            explanation="The tickets admit again, and the booking is confirmed again. The partner "
            "is told, and the history keeps both steps.",
            facts=subject.facts,
            # What follows from any choice; the tickets say it each for itself.
            effects=tuple(
                effect
                for effect in subject.find_effects(lambda: _preview_undo(subject))
                if effect.label == "Status"
            ),
            refusal=subject.describe_refusal(lambda: _preview_undo(subject))
            if not choices
            else subject.find_refusal(lambda: _preview_undo(subject), form),
            row=subject.row,
            back_url=_way_back(request, subject),
        )
        return render_confirmation(request, confirmation, form, about=Booking)

    def _redeem(
        self, request: HttpRequest, subject: Subject, form: RedeemForm
    ) -> HttpResponse | None:
        departure = subject.booking.departure
        said, noted = "Redeemed.", {}
        if form.insists and departure is not None:
            said = f"Redeemed, though for {departure.local_date}."
            # The history's rows of this request say that staff insisted, beside who they are.
            noted = {"redeemed_on_another_day": True}
        with pghistory.context(**noted):
            back_url = _way_back(request, subject)
            lifted: list[str] = []

            async def redeem(
                uuid: UUID, *, access: Access, now: datetime, store: bookings.BookingStore
            ) -> bookings.Booking:
                admission = await manifest.admit_guests(
                    uuid, form.chosen, on_any_day=form.insists, access=access, now=now, store=store,
                    marks=stores.manifest(),
                )  # fmt: skip
                lifted.extend(admission.lifted)
                return admission.booking

            done = self._carry_out(request, subject, form, redeem, said=said, back_url=back_url)
            if done is not None and lifted:
                messages.info(request, describe_lifted(lifted, start=""))
            return done

    def _way_to_undo(self, request: HttpRequest, subject: Subject) -> tuple[tuple[str, str], ...]:
        if not _undoable(subject):
            return ()
        page = reverse("admin:bookings_booking_undo_redemption", args=[subject.row.pk])
        gate = f"?{AT_THE_GATE}=1" if AT_THE_GATE in request.GET else ""
        return (("Undo redemption", page + gate),)


def _describe_tickets(
    subject: Subject, items: Iterable[bookings.UnitItem]
) -> tuple[TicketChoice, ...]:
    """Return tickets with their guests and their states, as the dialogs name them."""
    no_shows = set(
        subject.row.unit_items.filter(attendance=MarkKind.NO_SHOW.value).values_list(
            "uuid", flat=True
        )
    )
    zone = subject.booking.product.time_zone

    def describe_state(item: bookings.UnitItem) -> str:
        if item.redeemed_at is not None:
            return f"redeemed at {format_moment(item.redeemed_at, zone)}"
        return "marked as no-show" if item.uuid in no_shows else "valid"

    return tuple(
        TicketChoice(
            item, (item.contact.name or "") if subject.shows_guest else "", describe_state(item)
        )
        for item in items
    )


def _redemption_effects(
    subject: Subject, unused: tuple[TicketChoice, ...]
) -> tuple[ChangedValue, ...]:
    """Return the effects of redeeming the last ticket, or all of several.

    The form shows the effect on each of several tickets beside its choice.
    """
    effects = subject.find_effects(lambda: _preview_redemption(subject, None))
    if len(unused) != 1:
        return tuple(
            effect._replace(label=f"{effect.label}, with all of them") for effect in effects
        )
    (ticket,) = unused
    name = f"Ticket {ticket.item.supplier_reference}"
    return (*effects, ChangedValue(name, ticket.state, "redeemed")) if effects else ()


def _preview_redemption(subject: Subject, scanned: str | None) -> bookings.Booking:
    """Redeem all tickets of a booking; refuse it when the scanned one was redeemed before."""
    used = {str(item.uuid) for item in subject.booking.unit_items if item.redeemed_at}
    chosen = frozenset({UUID(scanned)}) if scanned in used else None
    return bookings.redeem_tickets(subject.booking, chosen, on_any_day=True, now=subject.now)


def _wrong_day(subject: Subject) -> str:
    """Return a warning when the tickets are for another day; empty otherwise."""
    try:
        bookings.redeem_tickets(subject.booking, None, now=subject.now)
    except bookings.WrongDay as wrong_day:
        return staff_message(wrong_day).text
    except bookings.NotRedeemable:
        return ""
    return ""


def _undoable(subject: Subject) -> list[bookings.UnitItem]:
    return [
        item
        for item in subject.booking.unit_items
        if item.redeemed_at and subject.now < item.redeemed_at + bookings.UNDO_WINDOW
    ]


def _preview_undo(subject: Subject) -> bookings.Booking:
    undoable = frozenset(item.uuid for item in _undoable(subject))
    return bookings.unredeem_tickets(subject.booking, undoable or None, now=subject.now)


def _way_back(request: HttpRequest, subject: Subject) -> str:
    if AT_THE_GATE in request.GET:
        return reverse("scan:page")
    return subject.page
