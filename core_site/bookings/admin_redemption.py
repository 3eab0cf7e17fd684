"""Admin pages to redeem tickets: find a booking by its code, redeem it, undo a redemption.

A staff user who came from the page for codes returns to it, for the next scan.
"""

from functools import partial
from uuid import UUID

import pghistory
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from unfold.decorators import action
from unfold.enums import ActionVariant

from core_site.admin_kit.confirmation_page import ConfirmationPage, render_confirmation
from core_site.bookings.admin_actions import BookingActions, submitted_data
from core_site.bookings.changing.subject import Subject
from core_site.bookings.models import Booking, UnitItem
from core_site.bookings.redeem_forms import CodeForm, RedeemForm, UndoRedemptionForm
from core_site.staff_messages import staff_message
from shared_domain import bookings

#: In the address of a page that the code's page led to.
AT_THE_GATE = "gate"


class RedeemingActions(BookingActions):
    """Mixin of ``BookingAdmin``: the actions that redeem tickets and undo it."""

    @action(
        description="Redeem by code",
        icon="qr_code_scanner",
        url_path="redeem-by-code",
        permissions=["work"],
        variant=ActionVariant.PRIMARY,
    )
    def redeem_by_code(self, request: HttpRequest) -> HttpResponse:
        form = CodeForm(submitted_data(request))
        if form.is_valid():
            found = _page_behind_code(form.cleaned_data["code"])
            if found is not None:
                return HttpResponseRedirect(found)
            form.add_error("code", "No booking has this code; check it, or search the list.")
        confirmation = ConfirmationPage(
            title="Redeem by code",
            button="Find",
            explanation="The next page shows the booking; nothing is redeemed before you say so.",
            back_url=reverse("admin:bookings_booking_changelist"),
        )
        return render_confirmation(request, confirmation, form, about=Booking)

    @action(
        description="Redeem",
        icon="qr_code_scanner",
        permissions=["work"],
        variant=ActionVariant.PRIMARY,
    )
    def redeem(self, request: HttpRequest, object_id: str) -> HttpResponse:
        subject = self._subject(request, object_id)
        if subject is None:
            return self._gone(request, object_id)
        scanned = request.GET.get("ticket")
        unused = [item for item in subject.booking.unit_items if item.redeemed_at is None]
        wrong_day = _wrong_day(subject)
        form = RedeemForm(unused, submitted_data(request), scanned=scanned, wrong_day=wrong_day)
        if form.is_valid():
            done = self._redeem(request, subject, form)
            if done is not None:
                return done
        confirmation = ConfirmationPage(
            title=f"Redeem {subject.row}",
            button="Redeem",
            explanation=f"{wrong_day}." if wrong_day else "",
            facts=subject.facts,
            refusal=subject.find_refusal(lambda: _preview_redemption(subject, scanned), form),
            is_dangerous=bool(wrong_day),
            more=self._way_to_undo(request, subject),
            back_url=_way_back(request, subject),
        )
        return render_confirmation(request, confirmation, form, about=Booking)

    @action(description="Undo redemption", icon="undo", permissions=["work"])
    def undo_redemption(self, request: HttpRequest, object_id: str) -> HttpResponse:
        subject = self._subject(request, object_id)
        if subject is None:
            return self._gone(request, object_id)
        form = UndoRedemptionForm(_undoable(subject), submitted_data(request))
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
            refusal=subject.find_refusal(lambda: _preview_undo(subject), form),
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
            redeem = partial(
                bookings.redeem_booking, item_uuids=form.chosen, on_any_day=form.insists
            )
            back_url = _way_back(request, subject)
            return self._carry_out(request, subject, form, redeem, said=said, back_url=back_url)

    def _way_to_undo(self, request: HttpRequest, subject: Subject) -> tuple[tuple[str, str], ...]:
        if not _undoable(subject):
            return ()
        page = reverse("admin:bookings_booking_undo_redemption", args=[subject.row.pk])
        gate = f"?{AT_THE_GATE}=1" if AT_THE_GATE in request.GET else ""
        return (("Undo redemption", page + gate),)


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
        return reverse("admin:bookings_booking_redeem_by_code")
    return subject.page


def _page_behind_code(code: str) -> str | None:
    """Return the page on which the booking or ticket with this code is redeemed."""
    item = UnitItem.objects.filter(ticket_code=code).only("booking_id", "uuid").first()
    if item is not None:
        page = reverse("admin:bookings_booking_redeem", args=[item.booking_id])
        return f"{page}?{AT_THE_GATE}=1&ticket={item.uuid}"
    for name in ("voucher_code", "supplier_reference"):
        booking = Booking.objects.filter(**{name: code}).only("pk").first()
        if booking is not None:
            page = reverse("admin:bookings_booking_redeem", args=[booking.pk])
            return f"{page}?{AT_THE_GATE}=1"
    return None
