"""The booking and the rules of its life cycle: plain functions on frozen values and ``now``."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import NewType
from uuid import UUID

from shared_domain.availability import Departure
from shared_domain.bookings.channels import Channel
from shared_domain.bookings.contact import Contact
from shared_domain.bookings.delivery import find_delivery_methods, issue_codes
from shared_domain.bookings.errors import (
    BookingAction,
    ContactIncomplete,
    HoldExpired,
    NotAcceptable,
    NotCancellable,
    NothingToSend,
    WrongStatus,
)
from shared_domain.bookings.refunds import (
    FULL_PERCENT,
    Cancellation,
    Initiator,
    Refund,
    RefundChoice,
    price_of_tickets,
    refund_share,
    refund_shares,
)
from shared_domain.bookings.status import BookingStatus
from shared_domain.bookings.unit_items import UnitItem, find_missing_contacts
from shared_domain.catalog import CancellationPolicy, DeliveryMethod, Option, Product
from shared_domain.money import Price
from shared_domain.partners import Access, PartnerId

BookingId = NewType("BookingId", int)


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking:
    """A partner's booking with the product, option and departure it is for.

    ``status`` is as stored; readers go by :meth:`status_at`. ``places`` is what it takes of its
    stock on the departure, the live one or that of the partner's tests. ``departure`` is None only
    without a date. ``sale_date`` is the product's local date when it was confirmed (or cancelled
    and charged without that), None before. ``internal_note`` is for staff: partners never see it.
    ``tickets_recipient`` is the guest's address where staff send due tickets again, else None; an
    earlier release stored another recipient there, to whom they go instead.
    ``last_ticket_number`` is the number of the last ticket when that was given back, so that it is
    not given again; 0 before.
    ``user_id`` names one of the partner's users, who may be deleted by now.
    Guests are fetched at ``pickup_hotel``, a hotel or another place, at ``pickup_time``, ``HH:MM``.
    """

    id: BookingId | None
    uuid: UUID
    partner_id: PartnerId
    test_mode: bool
    status: BookingStatus
    supplier_reference: str
    reseller_reference: str | None
    user_id: UUID | None = None
    channel: Channel = Channel.API
    internal_note: str | None = None
    tickets_recipient: str | None = None
    product: Product
    option: Option
    departure: Departure | None
    created_at: datetime
    updated_at: datetime
    hold_expires_at: datetime | None
    confirmed_at: datetime | None = None
    sale_date: date | None = None
    redeemed_at: datetime | None = None
    cancellation: Cancellation | None = None
    contact: Contact
    notes: str | None
    email_receipt: bool
    tickets_due_at: datetime | None = None
    tickets_sent_at: datetime | None = None
    voucher_code: str | None = None
    last_ticket_number: int = 0
    places: int
    price: Price
    unit_items: tuple[UnitItem, ...]
    pickup_hotel: str | None = None
    pickup_time: str | None = None

    @property
    def access(self) -> Access:
        """The partner and mode of the booking, for services that staff users or the worker call."""
        return Access(partner_id=self.partner_id, test_mode=self.test_mode)

    @property
    def expires_at(self) -> datetime | None:
        """The moment at which the booking expires unless it is confirmed or accepted before."""
        cutoff = self.departure.booking_cutoff_at if self.departure else None
        return self.status.expires_at(hold_expires_at=self.hold_expires_at, cutoff=cutoff)

    def has_run_out(self, *, now: datetime) -> bool:
        """Return whether a booking stored as ON_HOLD is past ``hold_expires_at``.

        The booking cut-off of the departure is not looked at.
        """
        ends_at = self.status.expires_at(hold_expires_at=self.hold_expires_at, cutoff=None)
        return ends_at is not None and ends_at <= now

    def status_at(self, now: datetime) -> BookingStatus:
        """Return the stored status, or from ``expires_at`` on the one that :meth:`expire` gives."""
        return self.status.after_expiry if self._is_expired(now) else self.status

    def expire(self, *, now: datetime) -> "Booking":
        """Return this booking after its expiry: a hold EXPIRED, a PENDING booking REJECTED.

        Before ``expires_at``, it comes back unchanged. The worker stores the same for many
        bookings at once (``availability.booking_sql_store``); readers need not wait for it.
        """
        if not self._is_expired(now):
            return self
        return replace(
            self,
            status=self.status.after_expiry,
            hold_expires_at=self.hold_ends_at,
            updated_at=now,
        )

    def last_changed_at(self, now: datetime) -> datetime:
        """Return when it changed last; an expiry that is not stored yet counts from its moment."""
        ends_at = self.expires_at
        if ends_at is None or now < ends_at:
            return self.updated_at
        return max(self.updated_at, ends_at)

    @property
    def hold_ends_at(self) -> datetime | None:
        """When the hold ends or has ended; None unless it is ON_HOLD or EXPIRED."""
        return self.expires_at if self.status is BookingStatus.ON_HOLD else self.hold_expires_at

    @property
    def tickets_address(self) -> str | None:
        """The address that due tickets go to: the guest's, or the one that staff asked for."""
        return self.tickets_recipient or self.contact.email_address

    @property
    def is_partly_redeemed(self) -> bool:
        return any(item.redeemed_at for item in self.unit_items)

    @property
    def cancellation_deadline(self) -> datetime | None:
        """The cancellation cut-off: the moment from which on it is too late; None for never.

        A booking of an option that cannot be cancelled is final once it is confirmed. Any other
        booking without a date may be cancelled until it is used.
        """
        if self.option.cancellation_policy is CancellationPolicy.NEVER:
            return self.confirmed_at
        if self.departure is None:
            return None
        return self.departure.cutoffs_count_from - self.option.cancellation_cutoff

    def is_cancellable(self, *, now: datetime) -> bool:
        """True when it may be cancelled and changed now (OCTO, section 6, "Cutoff")."""
        status = self.status_at(now)
        if status is BookingStatus.ON_HOLD:
            return True
        if status not in (BookingStatus.PENDING, BookingStatus.CONFIRMED):
            return False
        return not self.is_partly_redeemed and not self._is_late(now)

    def confirm(self, *, now: datetime) -> "Booking":
        """Return this hold, confirmed, or PENDING where staff must agree first.

        A booking that is CONFIRMED or PENDING comes back unchanged, so partners may safely retry.

        Raises:
            HoldExpired: ``now`` is at or past ``expires_at``.
            WrongStatus: it was cancelled, rejected or redeemed.
            ContactIncomplete: a field that option or unit require is missing.
        """
        status = self.status_at(now)
        if status in (BookingStatus.CONFIRMED, BookingStatus.PENDING):
            return self
        if status is BookingStatus.EXPIRED:
            raise HoldExpired(str(self.uuid))
        if status is not BookingStatus.ON_HOLD:
            raise WrongStatus(BookingAction.CONFIRM, status, needed=BookingStatus.ON_HOLD)
        self.check_contacts()
        if not self.product.instant_confirmation:
            return replace(self, status=BookingStatus.PENDING, hold_expires_at=None, updated_at=now)
        return self.as_confirmed(now)

    def accept(self, *, now: datetime) -> "Booking":
        """Return this PENDING booking, confirmed by staff.

        Raises:
            WrongStatus: it is not PENDING, or expired at its cut-off before it was decided.
            NotAcceptable: its departure is closed, or has fewer places than are taken.
        """
        self._require_pending(now, BookingAction.ACCEPT)
        departure = self.departure
        # This booking's own places are among those reserved.
        if departure is not None and (not departure.is_open or departure.is_overbooked):
            raise NotAcceptable(departure.is_open, departure.capacity, departure.reserved)
        return self.as_confirmed(now)

    def reject(self, *, now: datetime) -> "Booking":
        """Return this PENDING booking, turned down by staff; its places are free again.

        Raises:
            WrongStatus: it is not PENDING.
        """
        self._require_pending(now, BookingAction.REJECT)
        return replace(self, status=BookingStatus.REJECTED, updated_at=now)

    def cancel(
        self,
        *,
        reason: str | None,
        force: bool,
        by_staff: bool,
        now: datetime,
        refund: RefundChoice = RefundChoice.BY_THE_RULES,
        initiator: Initiator = Initiator.PARTNER,
    ) -> "Booking":
        """Return this booking, cancelled, with its refund: see ``refunds``.

        ``force`` opens the cut-off where the option allows it, and always for staff. A hold gives
        everything back, whatever is chosen: nothing was paid for it.

        Raises:
            NotCancellable: it is past its cut-off, used, or already over.
        """
        may_force = force and (by_staff or self.option.allows_late_cancellation)
        self._check_not_final(BookingAction.CANCEL, may_be_late=may_force, now=now)
        percent = self.refund_percent(refund, initiator, now=now)
        prices = [item.price for item in self.unit_items]
        refunded = refund_share(price_of_tickets(self.price, prices), percent)
        shares = refund_shares(prices, percent)
        kind = refunded.kind(self.price)
        # Never confirmed, and charged all the same: it counts on the day that it became due.
        charged_on = None if kind is Refund.FULL else self._local_date(now)
        return replace(
            self,
            status=BookingStatus.CANCELLED,
            hold_expires_at=None,
            tickets_due_at=None,
            tickets_recipient=None,
            sale_date=self.sale_date or charged_on,
            cancellation=Cancellation(
                cancelled_at=now,
                refund=kind,
                refunded=refunded,
                initiator=initiator,
                reason=reason,
            ),
            unit_items=tuple(
                replace(item, refund=share)
                for item, share in zip(self.unit_items, shares, strict=True)
            ),
            updated_at=now,
        )

    def refund_percent(self, choice: RefundChoice, initiator: Initiator, *, now: datetime) -> int:
        """Return the share of the price that a cancellation at this moment gives back."""
        if self.status_at(now) is BookingStatus.ON_HOLD or choice is RefundChoice.FULL:
            return FULL_PERCENT
        if choice is RefundChoice.NONE:
            return 0
        if initiator is Initiator.SUPPLIER or not self._is_late(now):
            return FULL_PERCENT
        return self.option.late_refund_percent

    def resend_tickets(self, *, now: datetime, recipient: str | None = None) -> "Booking":
        """Return this booking with its tickets issued and due to be e-mailed.

        If the guest was sent tickets before, the address is stored as the recipient: by that the
        worker tells a repeated confirmation from a change. For another ``recipient``, they are only
        issued: the caller has to send that recipient a message of its own, which no later change
        of the booking replaces.

        Raises:
            NothingToSend: it is not CONFIRMED, or has no e-mail address.
        """
        address = recipient or self.contact.email_address
        if self.status is not BookingStatus.CONFIRMED or not address:
            raise NothingToSend(self.status_at(now))
        issued = replace(self.with_tickets(), updated_at=now)
        if address != self.contact.email_address:
            return issued
        is_letter_due = self.tickets_due_at is not None and self.tickets_recipient is None
        is_repeat = self.tickets_sent_at is not None and not is_letter_due
        return replace(issued, tickets_due_at=now, tickets_recipient=address if is_repeat else None)

    def with_tickets_postponed(self, *, until: datetime, now: datetime) -> "Booking":
        """Return this booking with its tickets due at ``until``; unchanged when none are due."""
        if self.tickets_due_at is None:
            return self
        return replace(self, tickets_due_at=until, updated_at=now)

    def with_tickets_sent(self, *, now: datetime) -> "Booking":
        """Return this booking with no tickets due, marked as e-mailed if it has an address."""
        # Without an address no mail has left.
        sent_at = now if self.tickets_address else self.tickets_sent_at
        settled = replace(self, tickets_due_at=None, tickets_recipient=None)
        return replace(settled, tickets_sent_at=sent_at, updated_at=now)

    def with_tickets_due(self, *, now: datetime) -> "Booking":
        """Return this booking with its tickets due to be e-mailed, if its guest gets such e-mails.

        To be called after each change of what the e-mail says, so that no guest travels by an old
        one. It becomes due when the booking is CONFIRMED, its tickets are issued, it has an
        e-mail address, and its partner requested the e-mail (``email_receipt``) or its guest was
        sent one before; other bookings come back unchanged. Codes stay the same, so that tickets
        printed before still admit.
        """
        is_wanted = self.email_receipt or self.tickets_sent_at is not None
        is_issued = self.voucher_code or any(item.ticket_code for item in self.unit_items)
        if self.status is not BookingStatus.CONFIRMED or not (is_wanted and is_issued):
            return self
        if not self.contact.email_address:
            return self
        return replace(self, tickets_due_at=now, tickets_recipient=None)

    @property
    def delivery_methods(self) -> tuple[DeliveryMethod, ...]:
        """How its codes are delivered: as they were issued, or else as its product has it."""
        return find_delivery_methods(self.product, self.voucher_code, self.unit_items)

    def with_tickets(self, methods: Collection[DeliveryMethod] | None = None) -> "Booking":
        """Return this booking with the missing codes of ``methods``, or of its own ones."""
        methods = self.delivery_methods if methods is None else methods
        voucher_code, unit_items = issue_codes(methods, self.voucher_code, self.unit_items)
        return replace(self, voucher_code=voucher_code, unit_items=unit_items)

    def check_contacts(self, *, before: "Booking | None" = None) -> None:
        """Check that no contact field is missing that the option or a ticket's unit requires.

        What a change leaves missing that the booking ``before`` it lacked as well is passed over:
        it was not required yet when that was confirmed.

        Raises:
            ContactIncomplete: at least one is missing.
        """
        missing = find_missing_contacts(self.contact, self.option, self.unit_items)
        if before is not None:
            lacked = find_missing_contacts(before.contact, before.option, before.unit_items)
            missing = {whose: field for whose, field in missing.items() if whose not in lacked}
        if missing:
            raise ContactIncomplete(tuple(missing.values()))

    def check_changeable(self, *, now: datetime, by_staff: bool = False) -> None:
        """Check that the booking may be changed; by staff also past its cancellation cut-off.

        Raises:
            NotCancellable: it can no longer be changed.
        """
        self._check_not_final(BookingAction.CHANGE, may_be_late=by_staff, now=now)

    def as_confirmed(self, now: datetime) -> "Booking":
        """Return this booking CONFIRMED, with its tickets; the caller has checked that it may."""
        confirmed = replace(
            self,
            status=BookingStatus.CONFIRMED,
            confirmed_at=now,
            sale_date=self._local_date(now),
            hold_expires_at=None,
            updated_at=now,
        )
        if not self.product.instant_delivery:
            return confirmed
        return confirmed.with_tickets().with_tickets_due(now=now)

    def _local_date(self, now: datetime) -> date:
        return now.astimezone(self.product.zone).date()

    def _is_expired(self, now: datetime) -> bool:
        ends_at = self.expires_at
        return ends_at is not None and now >= ends_at

    def _is_late(self, now: datetime) -> bool:
        deadline = self.cancellation_deadline
        return deadline is not None and now >= deadline

    def _require_pending(self, now: datetime, action: BookingAction) -> None:
        status = self.status_at(now)
        if status is BookingStatus.PENDING:
            return
        too_late = self.expires_at if self.status is BookingStatus.PENDING else None
        raise WrongStatus(action, status, needed=BookingStatus.PENDING, undecided_until=too_late)

    def _check_not_final(self, action: BookingAction, *, may_be_late: bool, now: datetime) -> None:
        if self.is_cancellable(now=now):
            return
        status, is_used = self.status_at(now), self.is_partly_redeemed
        is_only_late = not is_used and status in (BookingStatus.PENDING, BookingStatus.CONFIRMED)
        if not (is_only_late and may_be_late):
            raise NotCancellable(action, status, is_used, self.option.cutoff_description)
