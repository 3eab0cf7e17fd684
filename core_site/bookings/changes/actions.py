"""Buttons of a booking's page that change it; each shows what it does before it is done."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from unfold.enums import ActionVariant

from core_site import stores
from core_site.admin_kit.confirmation_page import ConfirmationPage, render_confirmation
from core_site.bookings.admin_actions import BookingService, booking_action, submitted_data
from core_site.bookings.admin_redemption import RedeemingActions
from core_site.bookings.changes import review, slots
from core_site.bookings.changes.change_form import ChangeForm
from core_site.bookings.changes.effects import (
    ChangedValue,
    describe_kept_price,
)
from core_site.bookings.changes.subject import Subject
from core_site.bookings.changes.ticket_forms import (
    CancelTicketsForm,
    ExtendForm,
    MoveForm,
    NoteForm,
    stored_expiry,
    stored_note,
)
from core_site.bookings.models import Booking
from core_site.bookings.refund_texts import is_own_sale
from core_site.messages.office.guest_notices import tell_of_move
from core_site.personal_data import may_see_personal_data
from core_site.staff_messages import AdminRefused, staff_message
from shared_domain import bookings
from shared_domain.bookings import BookingChange
from shared_domain.refusals import Refused
from shared_domain.run_now import run_now

KEEP_PRICE = "bookings.keep_price"

#: The button that leads to the review.
_SHOW_CHANGES = "Show what changes"

_NOTHING_CHANGED = "the booking is like this already: nothing was changed"


class ChangingActions(RedeemingActions):
    """Mixin of ``BookingAdmin``: change, move, cancel tickets, extend the hold, note."""

    @booking_action(description="Change", icon="edit")
    def edit(self, request: HttpRequest, subject: Subject) -> HttpResponse:
        shows_guest = may_see_personal_data(request)
        form = ChangeForm(subject.booking, submitted_data(request), shows_guest=shows_guest)

        def update() -> tuple[ChangedValue, ...]:
            before = self._locked(subject)
            form.hold_against(form.read_stored(before))
            # First the note: tickets are told of with the last event of a transaction.
            if form.internal_note is not None:
                note = partial(bookings.write_internal_note, note=form.internal_note)
                self._run(subject, note)
            change = partial(bookings.update_booking, change=form.change(), by_staff=True)
            after = self._run(subject, change)
            return (
                *subject.describe_effects(before, after, shows_guest=shows_guest),
                *subject.describe_balance_change(before, after),
            )

        return self._in_two_steps(
            request, subject, form, update, said="Changed.", first=_SHOW_CHANGES,
            page=ConfirmationPage(
                title=f"Change {subject.row}",
                button="Save",
                facts=subject.facts,
                has_columns=True,
                refusal=subject.find_refusal(
                    lambda: subject.booking.check_changeable(now=subject.now, by_staff=True), form
                ),
                row=subject.row,
                back_url=subject.page,
            ),
        )  # fmt: skip

    @booking_action(
        description="Cancel tickets",
        icon="person_remove",
        variant=ActionVariant.DANGER,
    )
    def cancel_tickets(self, request: HttpRequest, subject: Subject) -> HttpResponse:
        form = CancelTicketsForm(
            subject.booking, submitted_data(request), is_own_sale=is_own_sale(subject.row)
        )

        def cancel() -> tuple[ChangedValue, ...]:
            before = self._locked(subject)
            after = self._run(subject, partial(bookings.cancel_tickets, **form.decision))
            return (
                *subject.describe_effects(before, after, shows_guest=False),
                *subject.describe_ticket_refund(before, after),
            )

        return self._in_two_steps(
            request, subject, form, cancel, said="Tickets cancelled.", first="Show the refund",
            page=ConfirmationPage(
                title=f"Cancel tickets of {subject.row}",
                button="Cancel the tickets",
                explanation="Their places are free again at once. This cannot be undone.",
                facts=subject.facts_of_refund,
                refusal=subject.find_refusal(
                    lambda: subject.booking.check_changeable(now=subject.now, by_staff=True), form
                ),
                is_dangerous=True,
                row=subject.row,
                back_url=subject.page,
            ),
        )  # fmt: skip

    @booking_action(description="Move", icon="event_repeat")
    def move(self, request: HttpRequest, subject: Subject) -> HttpResponse:
        may_keep_price = request.user.has_perm(KEEP_PRICE)
        form = MoveForm(submitted_data(request), may_keep_price=may_keep_price)
        page = ConfirmationPage(
            title=f"Move {subject.row}",
            button="Move",
            facts=subject.facts,
            row=subject.row,
            back_url=subject.page,
        )
        if form.is_valid():
            slot_id = form.cleaned_data["availability_id"]
            said = "Moved, at the price as it was." if form.keeps_price else "Moved."

            def move() -> tuple[ChangedValue, ...]:
                before = self._locked(subject)
                if form.keeps_price:
                    service = partial(bookings.move_at_kept_price, availability_id=slot_id)
                else:
                    change = BookingChange(availability_id=slot_id)
                    service = partial(bookings.update_booking, change=change, by_staff=True)
                after = self._run(subject, service)
                tell_of_move(subject.row, before, after)
                effects = subject.describe_effects(before, after, shows_guest=False)
                kept = describe_kept_price(before) if effects and form.keeps_price else ()
                return (*effects, *kept, *subject.describe_balance_change(before, after))

            answer = self._review(request, subject, form, move, said=said, page=page)
            if answer is not None:
                return answer
        return self._choose_slot(request, subject, form, page)

    @booking_action(description="Extend the hold", icon="more_time")
    def extend(self, request: HttpRequest, subject: Subject) -> HttpResponse:
        limits = run_now(stores.bookings().hold_limits(subject.booking.partner_id))
        form = ExtendForm(
            subject.booking,
            submitted_data(request),
            max_minutes=limits.max_minutes,
            now=subject.now,
        )

        def extension() -> bookings.Booking:
            return bookings.extend_hold(
                subject.booking, None, max_minutes=limits.max_minutes, now=subject.now
            )

        if form.is_valid():
            done = self._carry_out(
                request,
                subject,
                form,
                partial(bookings.extend_booking, expiration_minutes=form.cleaned_data["minutes"]),
                said="The hold is extended.",
                held_against=lambda: form.hold_against(stored_expiry(self._locked(subject))),
            )
            if done is not None:
                return done
        refusal = subject.find_refusal(extension, form)
        if not refusal and not form.fields["minutes"].choices:  # type: ignore[attr-defined]
            # Also of a form that was sent: the hold may have ended while its page was open.
            refusal = subject.describe_refusal(extension) or (
                "This hold lasts as long as it may: to the partner's limit, or to the departure's "
                "booking cut-off. Confirm it, or let it run out."
            )
        page = ConfirmationPage(
            title=f"Extend the hold {subject.row}",
            button="Extend",
            facts=subject.facts,
            effects=form.effects,
            refusal=refusal,
            row=subject.row,
            back_url=subject.page,
        )
        return render_confirmation(request, page, form, about=Booking)

    @booking_action(description="Internal note", icon="sticky_note_2", permissions=["note"])
    def note(self, request: HttpRequest, subject: Subject) -> HttpResponse:
        form = NoteForm(subject.booking, submitted_data(request))

        def write_note() -> tuple[ChangedValue, ...]:
            before = self._locked(subject)
            form.hold_against(stored_note(before))
            note = partial(bookings.write_internal_note, note=form.cleaned_data["internal_note"])
            after = self._run(subject, note)
            return subject.describe_effects(before, after, shows_guest=subject.shows_guest)

        is_deleted = form.is_bound and not form["internal_note"].value()
        return self._in_two_steps(
            request, subject, form, write_note, first=_SHOW_CHANGES,
            said="The note is deleted." if is_deleted else "Noted.",
            page=ConfirmationPage(
                title=f"Internal note: {subject.row}",
                button="Save",
                facts=subject.facts,
                row=subject.row,
                back_url=subject.page,
            ),
        )  # fmt: skip

    def has_note_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """Allow internal notes to staff users who may see personal data: a note may hold some."""
        return self.has_work_permission(request, object_id) and may_see_personal_data(request)

    def _choose_slot(
        self, request: HttpRequest, subject: Subject, form: forms.Form, page: ConfirmationPage
    ) -> HttpResponse:
        month, refusal = None, ""
        try:
            subject.booking.check_changeable(now=subject.now, by_staff=True)
            if subject.booking.departure is None:
                raise AdminRefused("this booking has no date: it is valid on any day")
            month = slots.load_month(
                subject.booking,
                month=request.GET.get("month", ""),
                day=request.GET.get("day", ""),
                may_keep_price=request.user.has_perm(KEEP_PRICE),
                now=subject.now,
            )
        except Refused as refused:
            refusal = f"{staff_message(refused).text}."
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "object": page.row,
            "title": page.title,
            "confirmation": page,
            "refusal": refusal,
            "form": form,
            "month": month,
            "page_path": request.path,
        }
        status = 400 if form.errors else 200
        return render(request, "bookings/changing/move.html", context, status=status)

    def _in_two_steps(
        self,
        request: HttpRequest,
        subject: Subject,
        form: forms.Form,
        change: Callable[[], tuple[ChangedValue, ...]],
        *,
        said: str,
        page: ConfirmationPage,
        first: str = "",
    ) -> HttpResponse:
        """Show the form, whose button is called ``first``, and then its effects."""
        if form.is_valid():
            answer = self._review(request, subject, form, change, said=said, page=page)
            if answer is not None:
                return answer
        asked = replace(page, button=first or page.button)
        return render_confirmation(request, asked, form, about=Booking)

    def _review(
        self,
        request: HttpRequest,
        subject: Subject,
        form: forms.Form,
        change: Callable[[], tuple[ChangedValue, ...]],
        *,
        said: str,
        page: ConfirmationPage,
    ) -> HttpResponse | None:
        """Carry out a reviewed change, or show its effects first; None when it was refused."""

        def carry_out() -> tuple[ChangedValue, ...]:
            effects = change()
            if not effects:
                raise AdminRefused(_NOTHING_CHANGED)
            self.log_change(request, subject.row, said)
            return effects

        try:
            done = review.run_reviewed(form, carry_out)
        except review.ReviewNeeded as needed:
            return review.render_review(request, page, form, needed, about=Booking)
        if done is None:
            return None
        messages.success(request, f"{subject.row}: {said}")
        return HttpResponseRedirect(subject.page)

    def _locked(self, subject: Subject) -> bookings.Booking:
        """Lock the booking until the transaction ends, and return it as it is now."""
        row = Booking.objects.select_for_update(no_key=True).only("uuid", "partner_id", "test_mode")
        locked = row.get(pk=subject.row.pk)
        return run_now(
            bookings.get_booking(
                locked.uuid, access=locked.access, now=timezone.now(), store=stores.bookings()
            )
        )

    def _run(self, subject: Subject, service: BookingService) -> bookings.Booking:
        return run_now(
            service(
                subject.row.uuid,
                access=subject.row.access,
                now=timezone.now(),
                store=stores.bookings(),
            )
        )
