"""Actions on a booking's page: each shows a confirmation page, then calls one service."""

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial, wraps
from typing import Any, Protocol
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.utils import timezone
from unfold.dataclasses import UnfoldAction
from unfold.decorators import action
from unfold.enums import ActionVariant

from core_site import stores
from core_site.admin_kit.confirmation_page import ConfirmationPage, EmptyForm, render_confirmation
from core_site.admin_kit.django_types import ModelAdminMixin
from core_site.bookings.admin_forms import ConfirmForm
from core_site.bookings.cancel_form import CancelForm, shown_amounts
from core_site.bookings.changes.subject import Subject, offered_actions
from core_site.bookings.changes.ticket_forms import ResendForm
from core_site.bookings.models import Booking
from core_site.bookings.refund_texts import is_paid_for
from core_site.catalog.time_format import format_moment
from core_site.messages.office.guest_notices import may_tell_guest, send_to_another
from core_site.payments.ledger_page import VIEW
from core_site.personal_data import may_see_personal_data
from core_site.transactions import run_in_form
from shared_domain import bookings
from shared_domain.partners import Access
from shared_domain.run_now import run_now


class BookingService(Protocol):
    """A service on one booking; ``functools.partial`` binds its further arguments."""

    def __call__(
        self, uuid: UUID, *, access: Access, now: datetime, store: bookings.BookingStore
    ) -> Coroutine[Any, Any, bookings.Booking]: ...


class BookingDialog(Protocol):
    """The function that ``booking_action`` decorates: an action that takes a ``Subject``."""

    def __call__(self, admin: Any, /, request: HttpRequest, subject: Subject) -> HttpResponse: ...


def booking_action(
    *,
    description: str,
    icon: str,
    variant: ActionVariant = ActionVariant.DEFAULT,
    permissions: Sequence[str] = ("work",),
) -> Callable[[BookingDialog], Any]:
    """Declare an action of a booking's page, as Unfold's ``action`` does, and load the booking.

    If the booking does not exist, the staff user is redirected with a message.
    """
    declare = action(description=description, icon=icon, variant=variant, permissions=permissions)

    def decorate(dialog: BookingDialog) -> Any:
        @wraps(dialog)
        def load_subject(
            admin: "BookingActions", request: HttpRequest, object_id: str
        ) -> HttpResponse:
            subject = admin._subject(request, object_id)
            if subject is None:
                return admin._gone(request, object_id)
            return dialog(admin, request, subject)

        return declare(load_subject)

    return decorate


class BookingActions(ModelAdminMixin):
    """Mixin of ``BookingAdmin``: actions for staff users with the permission to change bookings."""

    #: In the order of the page; ``changes`` and ``printing`` have some of them.
    actions_detail = (
        *("confirm", "accept", "redeem", "undo_redemption", "extend", "edit", "move"),
        *("print_tickets", "print_voucher", "resend", "note", "reject", "cancel_tickets", "cancel"),
    )

    def has_work_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return request.user.has_perm("bookings.change_booking")

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[UnfoldAction]:
        subject = self._subject(request, object_id)
        if subject is None:
            return []
        offered = offered_actions(subject.booking, subject.now)
        prefix = f"{self.opts.app_label}_{self.opts.model_name}_"
        is_today = bookings.is_travel_day(subject.booking, now=subject.now)
        return [
            # "Redeem" is highlighted on the day of travel only; before, staff rather change it.
            button
            if is_today or name != "redeem"
            else replace(button, variant=ActionVariant.DEFAULT)
            for button in super().get_actions_detail(request, object_id)
            if (name := button.action_name.removeprefix(prefix)) in offered
        ]

    @booking_action(description="Confirm", icon="check", variant=ActionVariant.PRIMARY)
    def confirm(self, request: HttpRequest, subject: Subject) -> HttpResponse:
        form = ConfirmForm(subject.booking, submitted_data(request))
        if form.is_valid():
            confirm = partial(bookings.confirm_booking, change=form.change())
            done = self._carry_out(request, subject, form, confirm, said="Confirmed.")
            if done is not None:
                return done
        explanation = ""
        if form.fields:
            explanation = "These details are required and still missing."
        elif not subject.booking.product.instant_confirmation:
            explanation = "The booking becomes pending: it is accepted or rejected afterwards."
        confirmation = ConfirmationPage(
            title=f"Confirm {subject.row}",
            button="Confirm",
            explanation=explanation,
            facts=subject.facts,
            effects=subject.find_effects(lambda: _preview_confirmation(subject)),
            refusal=subject.find_refusal(lambda: subject.booking.confirm(now=subject.now), form),
            row=subject.row,
            back_url=subject.page,
        )
        return render_confirmation(request, confirmation, form, about=Booking)

    @booking_action(description="Accept", icon="check", variant=ActionVariant.PRIMARY)
    def accept(self, request: HttpRequest, subject: Subject) -> HttpResponse:
        return self._ask_yes_or_no(
            request,
            subject,
            bookings.accept_booking,
            rule=lambda: subject.booking.accept(now=subject.now),
            button="Accept",
            explanation="The booking is confirmed, and its tickets are issued.",
            said="Accepted.",
        )

    @booking_action(description="Reject", icon="close", variant=ActionVariant.DANGER)
    def reject(self, request: HttpRequest, subject: Subject) -> HttpResponse:
        return self._ask_yes_or_no(
            request,
            subject,
            bookings.reject_booking,
            rule=lambda: subject.booking.reject(now=subject.now),
            button="Reject",
            explanation="The booking is turned down for good, and its places are free again.",
            said="Rejected.",
            is_dangerous=True,
        )

    @booking_action(description="Resend tickets", icon="forward_to_inbox")
    def resend(self, request: HttpRequest, subject: Subject) -> HttpResponse:
        data = submitted_data(request)
        form = ResendForm(subject.booking, data, shows_guest=subject.shows_guest)
        if form.is_valid():
            resend = partial(bookings.resend_tickets, recipient=form.chosen)
            done = self._carry_out(
                request,
                subject,
                form,
                resend,
                said="The tickets are on their way.",
                afterwards=lambda resent: send_to_another(subject.row, resent, form.chosen),
            )
            if done is not None:
                return done

        def send_again() -> bookings.Booking:
            # An address can be typed; what else is in the way is said at once.
            typed = None if subject.booking.contact.email_address else "a@b.example"
            return subject.booking.resend_tickets(now=subject.now, recipient=typed)

        confirmation = ConfirmationPage(
            title=f"Resend tickets: {subject.row}",
            button="Resend tickets",
            explanation="An e-mail with the codes leaves within a minute or two.",
            facts=subject.facts,
            effects=subject.find_effects(send_again),
            refusal=subject.find_refusal(send_again, form),
            row=subject.row,
            back_url=subject.page,
        )
        return render_confirmation(request, confirmation, form, about=Booking)

    @booking_action(description="Cancel", icon="block", variant=ActionVariant.DANGER)
    def cancel(self, request: HttpRequest, subject: Subject) -> HttpResponse:
        form = CancelForm(
            subject.booking,
            submitted_data(request),
            now=subject.now,
            held_minor=subject.held_minor,
            may_tell_guest=may_tell_guest(subject.row, subject.booking),
        )
        if form.is_valid():
            # The reason stays out of what is said: it may name the guest.
            done = self._carry_out(
                request,
                subject,
                form,
                partial(bookings.cancel_booking, force=True, by_staff=True, **form.decision),
                said="Cancelled.",
                held_against=lambda: form.hold_against(self._amounts_now(subject)),
                afterwards=lambda _: form.tell_guest(subject.row),
            )
            if done is not None:
                return done
        confirmation = ConfirmationPage(
            title=f"Cancel {subject.row}",
            button="Cancel the booking",
            explanation=_what_cancelling_does(subject),
            facts=subject.facts_of_refund,
            # The refund is in the form, for each choice, with what goes back.
            effects=tuple(
                effect
                for effect in subject.find_effects(lambda: _preview_cancellation(subject))
                if effect.label not in ("Refund", "Balance")
            ),
            refusal=subject.find_refusal(lambda: _preview_cancellation(subject), form),
            is_dangerous=True,
            row=subject.row,
            back_url=subject.page,
        )
        return render_confirmation(request, confirmation, form, about=Booking)

    def _ask_yes_or_no(
        self,
        request: HttpRequest,
        subject: Subject,
        service: BookingService,
        *,
        rule: Callable[[], bookings.Booking],
        button: str,
        explanation: str,
        said: str,
        is_dangerous: bool = False,
    ) -> HttpResponse:
        form = EmptyForm(submitted_data(request))
        if form.is_valid():
            done = self._carry_out(request, subject, form, service, said=said)
            if done is not None:
                return done
        confirmation = ConfirmationPage(
            title=f"{button}: {subject.row}",
            button=button,
            explanation=explanation,
            facts=subject.facts,
            effects=subject.find_effects(rule),
            refusal=subject.find_refusal(rule, form),
            is_dangerous=is_dangerous,
            row=subject.row,
            back_url=subject.page,
        )
        return render_confirmation(request, confirmation, form, about=Booking)

    def _carry_out(
        self,
        request: HttpRequest,
        subject: Subject,
        form: forms.Form,
        service: BookingService,
        *,
        said: str,
        back_url: str = "",
        held_against: Callable[[], object] | None = None,
        afterwards: Callable[[bookings.Booking], object] | None = None,
    ) -> HttpResponse | None:
        """Run the service and return the redirect; None when it refused: the form says why.

        ``held_against`` refuses, in the same transaction, what the page no longer shows rightly;
        ``afterwards`` is done in it with what the service has made of the booking.
        """

        def change() -> object:
            if held_against is not None:
                held_against()
            changed = run_now(
                service(
                    subject.row.uuid,
                    access=subject.row.access,
                    now=timezone.now(),
                    store=stores.bookings(),
                )
            )
            if afterwards is not None:
                afterwards(changed)
            self.log_change(request, subject.row, said)
            return changed

        if run_in_form(form, change) is None:
            return None
        messages.success(request, f"{subject.row}: {said}")
        return HttpResponseRedirect(back_url or subject.page)

    def _subject(self, request: HttpRequest, object_id: str) -> Subject | None:
        row = self.get_object(request, unquote(str(object_id)))
        if row is None:
            return None
        now = timezone.now()
        try:
            booking = run_now(
                bookings.get_booking(
                    row.uuid,
                    access=row.access,
                    now=now,
                    store=stores.bookings(),
                )
            )
        except bookings.BookingNotFound:
            return None
        return Subject(
            row,
            booking,
            now,
            shows_guest=may_see_personal_data(request),
            shows_payments=request.user.has_perm(VIEW),
        )

    def _amounts_now(self, subject: Subject) -> dict[str, str]:
        """Lock the booking, and return the amounts that its cancellation would show now."""
        row = Booking.objects.select_for_update(no_key=True).only("uuid", "partner_id", "test_mode")
        locked = row.get(pk=subject.row.pk)
        now = timezone.now()
        booking = run_now(
            bookings.get_booking(
                locked.uuid,
                access=locked.access,
                now=now,
                store=stores.bookings(),
            )
        )
        return shown_amounts(booking, now, held_minor=subject.load_held_minor())

    def _gone(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)


def submitted_data(request: HttpRequest) -> QueryDict | None:
    """Return the POST data of a form; None for a GET request."""
    return request.POST if request.method == "POST" else None


def _preview_confirmation(subject: Subject) -> bookings.Booking:
    """Return the booking as it will be once what is missing is filled in."""
    if subject.booking.product.instant_confirmation:
        return subject.booking.as_confirmed(subject.now)
    pending = bookings.BookingStatus.PENDING
    return replace(subject.booking, status=pending, hold_expires_at=None)


def _preview_cancellation(subject: Subject) -> bookings.Booking:
    return subject.booking.cancel(reason=None, force=True, by_staff=True, now=subject.now)


def _what_cancelling_does(subject: Subject) -> str:
    said = "Its places are free again at once. This cannot be undone."
    if not is_paid_for(subject.booking):
        return f"{said} It is a hold: nothing is billed, and what was paid is due back."
    cancellation_deadline = subject.booking.cancellation_deadline
    if cancellation_deadline is None:
        return said
    moment = format_moment(cancellation_deadline, subject.booking.product.time_zone)
    if subject.now < cancellation_deadline:
        return f"{said} Free cancellation is over at {moment}."
    why = subject.booking.option.cutoff_description.too_late_reason
    return f"{said} Free cancellation was over at {moment}: {why}."
