"""Bookings of the supplier's own sales, and their ledgers, for the tests of payments."""

from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone

from core_site import stores
from core_site.bookings.models import Booking
from shared_domain import payments
from shared_domain.payments import Balance, EntryId, Ledger, Method, Payment, StaffUserId
from shared_domain.run_now import run_now
from tests.harness.data import Shop, add_departure, add_partner, add_product, days_ahead


def open_direct_shop() -> Shop:
    """Open a shop in which Alice's bookings are the supplier's own, and Bob is a reseller."""
    direct, bob = add_partner("desk", kind="direct"), add_partner("bob")
    kayak = add_product("kayak", partners=(direct, bob), commission=0)
    return Shop(direct, bob, kayak, add_departure(kayak, starts_at=days_ahead()))


def balance_of(booking: Booking) -> Balance:
    return run_now(
        payments.balance(
            booking.uuid, access=booking.access, now=timezone.now(), store=stores.payments()
        )
    )


def clerk() -> StaffUserId:
    user, _ = User.objects.get_or_create(username="clerk", is_staff=True)
    return StaffUserId(user.pk)


def receive(booking: Booking, amount_minor: int, **typed: Any) -> Ledger:
    return _record(payments.record_payment, booking, amount_minor, **typed)


def refund(booking: Booking, amount_minor: int, **typed: Any) -> Ledger:
    return _record(payments.record_refund, booking, amount_minor, **typed)


def reverse(booking: Booking, entry_id: int) -> Ledger:
    return run_now(
        payments.reverse_entry(
            booking.uuid,
            EntryId(entry_id),
            note="a mistake",
            access=booking.access,
            by=clerk(),
            now=timezone.now(),
            store=stores.payments(),
        )
    )


def _record(service: Any, booking: Booking, amount_minor: int, **typed: Any) -> Ledger:
    method = typed.pop("method", Method.CASH)
    payment = Payment(amount_minor=amount_minor, method=method, **typed)
    ledger: Ledger = run_now(
        service(
            booking.uuid,
            payment,
            access=booking.access,
            by=clerk(),
            now=timezone.now(),
            store=stores.payments(),
        )
    )
    return ledger
