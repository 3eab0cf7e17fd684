"""The subject of a dialog: a booking as a row and as a domain object, and its allowed actions."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from django import forms
from django.urls import reverse

from core_site import stores
from core_site.admin_kit.money_format import money
from core_site.bookings.admin_columns import HIDDEN, name_deadline, stands_until, travels_at
from core_site.bookings.changes.effects import ChangedValue, describe_effects, party_in_words
from core_site.bookings.models import Booking
from core_site.bookings.refund_texts import is_own_sale, is_paid_for
from core_site.payments.forms import describe_balance
from core_site.staff_messages import staff_message
from shared_domain import bookings, payments
from shared_domain.refusals import Refused
from shared_domain.run_now import run_now

#: Which buttons a booking of each status shows. The services decide; this only clears the page.
_CHANGES = {"edit", "move", "cancel_tickets", "cancel"}
_OFFERED = {
    bookings.BookingStatus.ON_HOLD: {"confirm", "extend", *_CHANGES},
    bookings.BookingStatus.PENDING: {"accept", "reject", *_CHANGES},
    bookings.BookingStatus.CONFIRMED: {
        *("redeem", "undo_redemption", "resend", "print_tickets", "print_voucher"),
        *_CHANGES,
    },
    bookings.BookingStatus.REDEEMED: {"undo_redemption"},
}


def offered_actions(booking: bookings.Booking, now: datetime) -> set[str]:
    """Return the names of the actions that the page of a booking offers in its state."""
    offered = {"note", *_OFFERED.get(booking.status_at(now), ())}
    if booking.is_partly_redeemed:
        offered -= _CHANGES
    else:
        offered.discard("undo_redemption")
    if booking.departure is None:
        offered.discard("move")
    if booking.test_mode:
        offered.discard("redeem")  # The codes of a test do not admit.
    if len(booking.unit_items) < 2:
        offered.discard("cancel_tickets")
    if not booking.voucher_code:
        offered.discard("print_voucher")
    if not any(item.ticket_code for item in booking.unit_items):
        offered.discard("print_tickets")
    return offered


@dataclass(frozen=True)
class Subject:
    """The booking of an action: its row, the domain's ``Booking``, and the URL of its page.

    ``shows_guest`` and ``shows_payments`` are the rights of the staff user.
    """

    row: Booking
    booking: bookings.Booking
    now: datetime
    shows_guest: bool
    shows_payments: bool

    @property
    def page(self) -> str:
        return reverse("admin:bookings_booking_change", args=[self.row.pk])

    @property
    def facts(self) -> tuple[tuple[str, object], ...]:
        guest = self.booking.contact.name or "not named"
        deadline = (name_deadline(self.row), stands_until(self.row))
        return (
            ("Guest", guest if self.shows_guest else HIDDEN),
            ("Sold by", str(self.row.partner)),
            (
                "Product",
                f"{self.booking.product.internal_name}, {self.booking.option.internal_name}",
            ),
            ("Travels at", travels_at(self.row)),
            ("Party", party_in_words(self.booking)),
            ("Price", money(self.booking.price.retail_minor, self.booking.price.currency)),
            *([deadline] if self.booking.expires_at else []),
        )

    @cached_property
    def balance(self) -> payments.Balance:
        """The sums of the guest's ledger when the page was opened."""
        return self._load_balance()

    @property
    def held_minor(self) -> int | None:
        """What we have of the guest's money; None for a reseller's sale."""
        return self.balance.held_minor if is_own_sale(self.row) else None

    def load_held_minor(self) -> int | None:
        """Return ``held_minor`` as it is now, for a caller who has locked the booking."""
        return self._load_balance().held_minor if is_own_sale(self.row) else None

    def _load_balance(self) -> payments.Balance:
        return run_now(
            payments.balance(
                self.row.uuid, access=self.row.access, now=self.now, store=stores.payments()
            )
        )

    @property
    def facts_of_refund(self) -> tuple[tuple[str, object], ...]:
        """The facts, with what was paid so far where the guest pays the supplier, not a reseller.

        A cancellation takes back the price; the guest is given no more than was paid.
        """
        balance = self.balance
        if not balance.charged_minor:
            return self.facts
        held, charged = (
            money(minor, balance.currency) for minor in (balance.held_minor, balance.charged_minor)
        )
        return (*self.facts, ("Paid so far", f"{held} of {charged}; no more is given back"))

    @property
    def facts_of_admission(self) -> tuple[tuple[str, object], ...]:
        """The facts, with the balance of our own sale: who is let in may have to pay first."""
        if not (is_own_sale(self.row) and self.shows_payments):
            return self.facts
        return (*self.facts, ("Balance", describe_balance(self.balance)))

    def find_effects(self, rule: Callable[[], bookings.Booking]) -> tuple[ChangedValue, ...]:
        """Return the effects of ``rule`` on the booking; empty if it refuses."""
        try:
            after = rule()
        except Refused:
            return ()
        return (
            *self.describe_effects(self.booking, after, shows_guest=False),
            *self.describe_balance_change(self.booking, after),
        )

    def describe_effects(
        self, before: bookings.Booking, after: bookings.Booking, *, shows_guest: bool
    ) -> tuple[ChangedValue, ...]:
        """Return each value that differs between two states of the subject."""
        is_ours = is_own_sale(self.row)
        return describe_effects(before, after, is_own_sale=is_ours, shows_guest=shows_guest)

    def describe_ticket_refund(
        self, before: bookings.Booking, after: bookings.Booking
    ) -> tuple[ChangedValue, ...]:
        """Return the refund for cancelled tickets: the decrease of the booking's price.

        A guest who pays us gets back what exceeds the new price, so it is the balance that changes.
        """
        if not is_paid_for(before):
            return ()
        if is_own_sale(self.row) and not before.test_mode:
            return (self._compare_balances(before, after),)
        refunded = before.price.retail_minor - after.price.retail_minor
        return (ChangedValue("Refund to the guest", "–", money(refunded, before.price.currency)),)

    def describe_balance_change(
        self, before: bookings.Booking, after: bookings.Booking
    ) -> tuple[ChangedValue, ...]:
        """Return what changes between the guest of our own sale and us; empty where nothing does.

        A price says what is charged; only the balance says what is still to be paid, or goes back.
        """
        if not (is_own_sale(self.row) and self.shows_payments) or before.test_mode:
            return ()
        compared = self._compare_balances(before, after)
        return (compared,) if compared.before != compared.after else ()

    def _compare_balances(self, before: bookings.Booking, after: bookings.Booking) -> ChangedValue:
        """Return the balance of our own sale with what each of its two states charges."""
        balance = self._load_balance()
        shown = (
            describe_balance(replace(balance, charged_minor=_charge(state)))
            for state in (before, after)
        )
        return ChangedValue("Balance", *shown)

    def find_refusal(self, rule: Callable[[], object], form: forms.Form) -> str:
        """Return why ``rule`` would refuse the action now; empty if it would not.

        Also empty if the form has errors, or asks for the contact details that are missing.
        """
        return "" if form.errors else self.describe_refusal(rule)

    def describe_refusal(self, rule: Callable[[], object]) -> str:
        """Return why ``rule`` would refuse the action now, whatever the form says."""
        try:
            rule()
        except bookings.ContactIncomplete:
            return ""  # The form asks for what is missing.
        except Refused as refusal:
            return staff_message(refusal).text
        return ""


def _charge(booking: bookings.Booking) -> int:
    """Return what the guest of our own sale is to pay in all, in minor units."""
    cancellation = booking.cancellation
    return payments.compute_charge(
        booking.status,
        retail_minor=booking.price.retail_minor,
        refund_retail_minor=cancellation.refunded.retail_minor if cancellation else None,
    )
