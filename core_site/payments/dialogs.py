"""Admin pages that record an entry: receive, refund, write off, and reverse a mistaken one.

Each page shows the current sums, and has one button. When it is sent, the sums are compared with
the stored ones under the booking's lock, so that two staff users never settle the same amount
twice.
"""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from core_site import stores
from core_site.admin_kit.confirmation_page import ConfirmationPage, render_confirmation
from core_site.admin_kit.django_types import ModelAdminMixin
from core_site.admin_kit.money_format import money
from core_site.admin_kit.submit_once import AlreadySubmitted, submit_once
from core_site.bookings.admin_columns import current_status, format_contact_name, travels_at
from core_site.bookings.models import Booking
from core_site.payments.forms import (
    AmountForm,
    LedgerForm,
    MoneyForm,
    ReversalForm,
    describe_balance,
    say_overpaid,
    shown_sums,
)
from core_site.payments.ledger_page import (
    RECEIVE,
    REFUND,
    ledger_url,
    load_ledger,
)
from core_site.payments.models import Entry
from core_site.personal_data import may_see_personal_data
from core_site.staff_messages import staff_message
from core_site.transactions import run_in_form
from shared_domain import payments
from shared_domain.partners import Access
from shared_domain.payments import EntryId, Ledger, Method, Payment, PaymentStore, StaffUserId
from shared_domain.refusals import Refused
from shared_domain.run_now import run_now

Service = Callable[..., Coroutine[Any, Any, Ledger]]


@dataclass(frozen=True, kw_only=True)
class Dialog:
    """The texts of a page that records an entry."""

    title: str
    button: str
    explanation: str
    is_dangerous: bool = False


RECEIVING = Dialog(
    title="Record payment",
    button="Record payment",
    explanation="Money that came in from the guest.",
)
REFUNDING = Dialog(
    title="Refund",
    button="Record refund",
    explanation="Give the money back first: this records that it was done.",
)
WRITING_OFF = Dialog(
    title="Write off",
    button="Write off",
    explanation="The guest no longer owes this amount, although it was not paid.",
    is_dangerous=True,
)
REVERSING = Dialog(
    title="Reverse",
    button="Reverse",
    explanation="A counter-entry takes this one back; both stay in the ledger. No money moves.",
    is_dangerous=True,
)


#: The domain's rule of each dialog, by its title.
_RULES: dict[str, Callable[..., payments.Entry]] = {
    RECEIVING.title: Ledger.receive,
    REFUNDING.title: Ledger.refund,
    WRITING_OFF.title: Ledger.write_off,
}


#: States of the list of balances, by what its links have in the parameter ``from``.
_LISTS = {"refunds": "refund", "due": "due"}


class LedgerDialogs(ModelAdminMixin):
    """Mixin of ``EntryAdmin``: the pages to which the buttons of a booking's ledger lead."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        pages = [
            path("of/<int:booking_id>/receive/", view(self.receive), name="payments_receive"),
            path("of/<int:booking_id>/refund/", view(self.refund), name="payments_refund"),
            path("of/<int:booking_id>/write-off/", view(self.write_off), name="payments_write_off"),
            path("<int:entry_id>/reverse/", view(self.reverse_entry), name="payments_reverse"),
        ]
        return [*pages, *super().get_urls()]

    def receive(self, request: HttpRequest, booking_id: int) -> HttpResponse:
        booking = _find_booking(request, booking_id, RECEIVE)
        ledger = load_ledger(booking)
        form = MoneyForm(
            _posted(request), balance=ledger.balance, suggested_minor=ledger.balance.due_minor
        )
        return self._record_amount(
            request, booking, ledger, form, payments.record_payment, RECEIVING
        )

    def refund(self, request: HttpRequest, booking_id: int) -> HttpResponse:
        booking = _find_booking(request, booking_id, REFUND)
        ledger = load_ledger(booking)
        form = MoneyForm(
            _posted(request),
            balance=ledger.balance,
            suggested_minor=ledger.balance.refund_due_minor,
            suggested_method=_find_paid_by(ledger),
        )
        return self._record_amount(
            request, booking, ledger, form, payments.record_refund, REFUNDING
        )

    def write_off(self, request: HttpRequest, booking_id: int) -> HttpResponse:
        booking = _find_booking(request, booking_id, REFUND)
        ledger = load_ledger(booking)
        form = AmountForm(
            _posted(request), balance=ledger.balance, suggested_minor=ledger.balance.due_minor
        )
        return self._record_amount(request, booking, ledger, form, payments.write_off, WRITING_OFF)

    def reverse_entry(self, request: HttpRequest, entry_id: int) -> HttpResponse:
        entry = get_object_or_404(Entry, pk=entry_id)
        booking = _find_booking(request, entry.booking_id, REFUND)
        ledger = load_ledger(booking)
        form = ReversalForm(_posted(request), balance=ledger.balance)
        if form.is_valid():
            take_back = _reversal(EntryId(entry_id), form.cleaned_data["note"])
            done = self._carry_out(request, booking, form, take_back)
            if done is not None:
                return done
        more: tuple[tuple[str, object], ...] = (
            ("Entry", entry.get_kind_display()),
            ("Amount", money(entry.amount_minor, entry.currency)),
            *((("Reference", entry.reference),) if entry.reference else ()),
        )

        def reverse() -> payments.Entry:
            by, now = _staff_user(request), timezone.now()
            return ledger.reverse(EntryId(entry_id), note="", by=by, now=now)

        refusal = _find_refusal(form, reverse)
        effects = _find_effects(ledger, "Balance", reverse)
        return self._ask(
            request, booking, ledger, form, REVERSING, refusal=refusal, more=more, effects=effects
        )

    def _record_amount(
        self,
        request: HttpRequest,
        booking: Booking,
        ledger: Ledger,
        form: AmountForm,
        service: Service,
        dialog: Dialog,
    ) -> HttpResponse:
        if form.is_valid():
            done = self._carry_out(request, booking, form, partial(service, payment=form.payment))
            if done is not None:
                return done
        suggested = Payment(amount_minor=form.suggested_minor, method=Method.CASH)
        amount = money(form.suggested_minor, booking.currency)
        decide = _RULES[dialog.title]
        effects = _find_effects(
            ledger,
            f"Balance, with {amount}",
            lambda: decide(ledger, suggested, by=_staff_user(request), now=timezone.now()),
        )
        refusal = _describe_refusal(dialog, ledger, form)
        return self._ask(request, booking, ledger, form, dialog, refusal=refusal, effects=effects)

    def _carry_out(
        self, request: HttpRequest, booking: Booking, form: LedgerForm, service: Service
    ) -> HttpResponse | None:
        def change() -> Ledger:
            submission = submit_once(request)
            _lock(booking)
            form.hold_against(shown_sums(load_ledger(booking).balance))
            after = run_now(
                service(
                    booking.uuid,
                    access=booking.access,
                    by=_staff_user(request),
                    now=timezone.now(),
                    store=stores.payments(),
                )
            )
            submission.record(booking.pk)
            return after

        try:
            after = run_in_form(form, change)
        except AlreadySubmitted:
            messages.warning(request, "Nothing was recorded now: this form was sent before.")
            return HttpResponseRedirect(_way_back(request, booking))
        if after is None:
            return None
        entry, balance = after.entries[-1], after.balance
        said = describe_balance(balance)
        messages.success(
            request,
            f"{booking}: {money(entry.amount_minor, entry.currency)} recorded; now {said}.",
        )
        if entry.kind is payments.EntryKind.RECEIVED and balance.refund_due_minor:
            over = money(balance.refund_due_minor, balance.currency)
            messages.warning(request, say_overpaid(over))
        return HttpResponseRedirect(_way_back(request, booking))

    def _ask(
        self,
        request: HttpRequest,
        booking: Booking,
        ledger: Ledger,
        form: LedgerForm,
        dialog: Dialog,
        *,
        refusal: str = "",
        more: tuple[tuple[str, object], ...] = (),
        effects: tuple[tuple[str, str, str], ...] = (),
    ) -> HttpResponse:
        confirmation = ConfirmationPage(
            title=f"{dialog.title}: {booking}",
            button=dialog.button,
            explanation=dialog.explanation,
            facts=(
                *more,
                *_facts(request, booking),
                ("Charged to the guest", money(ledger.balance.charged_minor, booking.currency)),
                ("Received so far", money(ledger.balance.received_minor, booking.currency)),
                *_sums_beyond(ledger),
                ("Balance", describe_balance(ledger.balance)),
            ),
            effects=effects,
            refusal=refusal,
            is_dangerous=dialog.is_dangerous,
            row=booking,
            back_url=_way_back(request, booking),
        )
        return render_confirmation(request, confirmation, form, about=Entry)


def _find_paid_by(ledger: Ledger) -> Method | None:
    """Return how the guest paid last, by which money mostly goes back; None for no payment."""
    paid = (
        entry.method
        for entry in reversed(ledger.entries)
        if entry.kind is payments.EntryKind.RECEIVED
        and entry.reverses is None
        and (entry.id is None or ledger.find_reversal(entry.id) is None)
    )
    return next(paid, None)


def _reversal(entry_id: EntryId, note: str) -> Service:
    """Return the service that reverses this entry, called like those that take a payment."""

    async def take_back(
        uuid: UUID, *, access: Access, by: StaffUserId, now: datetime, store: PaymentStore
    ) -> Ledger:
        return await payments.reverse_entry(
            uuid, entry_id, note=note, access=access, by=by, now=now, store=store
        )

    return take_back


def _describe_refusal(dialog: Dialog, ledger: Ledger, form: LedgerForm) -> str:
    """Return why the page has no button: a smaller amount would be refused as well."""
    if form.errors:
        return ""
    if ledger.sale.test_mode:
        return staff_message(payments.TestsTakeNoPayment()).text
    if dialog is REFUNDING and not ledger.balance.held_minor:
        return staff_message(payments.RefundAboveReceived(0, ledger.sale.currency)).text
    if dialog is WRITING_OFF and not ledger.balance.due_minor:
        return staff_message(payments.NothingDue()).text
    return ""


def _find_refusal(form: LedgerForm, rule: Callable[[], object]) -> str:
    if form.errors:
        return ""
    try:
        rule()
    except Refused as refusal:
        return staff_message(refusal).text
    return ""


def _find_effects(
    ledger: Ledger, label: str, decide: Callable[[], payments.Entry]
) -> tuple[tuple[str, str, str], ...]:
    """Return the balance before and after an entry; nothing where it would be refused."""
    try:
        after = ledger.with_entry(decide()).balance
    except Refused:
        return ()
    return ((label, describe_balance(ledger.balance), describe_balance(after)),)


def _find_booking(request: HttpRequest, booking_id: int, permission: str) -> Booking:
    if not (request.user.has_perm(permission) and request.user.has_perm("bookings.view_booking")):
        raise PermissionDenied
    rows = Booking.objects.select_related("product", "option", "departure", "partner")
    try:
        return rows.get(pk=booking_id)
    except (Booking.DoesNotExist, OverflowError):
        raise Http404("no such booking") from None


def _lock(booking: Booking) -> None:
    rows = Booking.objects.select_for_update(no_key=True).only("pk")
    rows.get(pk=booking.pk)


def _staff_user(request: HttpRequest) -> StaffUserId:
    if request.user.pk is None:
        raise PermissionDenied
    return StaffUserId(request.user.pk)


def _posted(request: HttpRequest) -> Any:
    return request.POST if request.method == "POST" else None


def _facts(request: HttpRequest, booking: Booking) -> tuple[tuple[str, object], ...]:
    guest = format_contact_name(booking.contact) if may_see_personal_data(request) else "••••••"
    return (
        ("Guest", guest),
        ("Sold by", booking.partner),
        ("Product", f"{booking.product.internal_name}, {booking.option.internal_name}"),
        ("Travels at", travels_at(booking)),
        ("Status", current_status(booking)),
    )


def _sums_beyond(ledger: Ledger) -> tuple[tuple[str, object], ...]:
    balance = ledger.balance
    return tuple(
        (name, money(amount, balance.currency))
        for name, amount in (
            ("Refunded so far", balance.refunded_minor),
            ("Written off", balance.written_off_minor),
        )
        if amount
    )


def _way_back(request: HttpRequest, booking: Booking) -> str:
    """Return the list of balances for a staff user who came from it, else the booking's page."""
    state = _LISTS.get(request.GET.get("from", ""))
    if state is None:
        return ledger_url(booking.pk)
    return f"{reverse('admin:payments_account_changelist')}?state={state}"
