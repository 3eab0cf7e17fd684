"""Records payments of guests to the supplier, some due back, and of partners' statements."""

from datetime import datetime, timedelta
from random import Random

import pghistory

from core_site import stores
from core_site.bookings.models import Booking
from core_site.demo.simulation import Author
from core_site.payments.models import Account
from core_site.statements.pages import month_rows
from shared_domain import payments, settlements
from shared_domain.partners import PartnerKind
from shared_domain.payments import Method, Payment, StaffUserId
from shared_domain.run_now import run_now
from shared_domain.settlements import Direction
from shared_domain.statements import Month

#: Guests of resellers from whom the pier took money although the reseller had been paid.
PAID_TWICE = 5

_METHODS = (Method.CARD, Method.CARD, Method.CASH, Method.BANK_TRANSFER)


def record_payments(*, rng: Random, now: datetime, staff: Author) -> None:
    """Let guests pay for the supplier's own sales, and partners for the months that are over."""
    by = StaffUserId(int(str(staff["user"])))
    with pghistory.context(**staff):
        _pay_own_sales(rng, now=now, by=by)
        _take_at_the_pier(rng, now=now, by=by)
        _refund_in_part(now=now, by=by)
        _pay_statements(rng, now=now, by=by)


def _pay_own_sales(rng: Random, *, now: datetime, by: StaffUserId) -> None:
    """Pay most of them in full, some in part, and leave a few open."""
    own = Booking.objects.filter(partner__kind=PartnerKind.DIRECT, test_mode=False)
    for booking in own.filter(confirmed_at__isnull=False).order_by("id"):
        share = rng.choices((1, 2, 0), (7, 2, 1))[0]
        if share and booking.retail_minor >= share:
            _receive(booking, booking.retail_minor // share, rng, now=now, by=by)


def _take_at_the_pier(rng: Random, *, now: datetime, by: StaffUserId) -> None:
    resold = Booking.objects.filter(partner__kind=PartnerKind.RESELLER, test_mode=False)
    for booking in resold.filter(status="REDEEMED", retail_minor__gt=0).order_by("-id")[
        :PAID_TWICE
    ]:
        _receive(booking, booking.retail_minor, rng, now=now, by=by)


def _refund_in_part(*, now: datetime, by: StaffUserId) -> None:
    """Give a third of it back to the first guest who is owed something; the rest stays due."""
    account = Account.objects.filter(balance_minor__lt=0).order_by("since", "booking").first()
    if account is None:
        return
    booking = account.booking
    refund = Payment(
        amount_minor=max(1, -account.balance_minor // 3), method=Method.CARD, reference="R-1"
    )
    run_now(
        payments.record_refund(
            booking.uuid, refund, access=booking.access, by=by, now=now, store=stores.payments()
        )
    )


def _receive(
    booking: Booking, amount_minor: int, rng: Random, *, now: datetime, by: StaffUserId
) -> None:
    payment = Payment(
        amount_minor=amount_minor,
        method=rng.choice(_METHODS),
        reference=f"R-{rng.randint(10_000, 99_999)}",
    )
    moment = min(now, booking.updated_at + timedelta(minutes=rng.randint(1, 90)))
    run_now(
        payments.record_payment(
            booking.uuid, payment, access=booking.access, by=by, now=moment, store=stores.payments()
        )
    )


def _pay_statements(rng: Random, *, now: datetime, by: StaffUserId) -> None:
    """Settle the month before last, and of the last one the first partner's."""
    last = now.date().replace(day=1) - timedelta(days=1)
    before = last.replace(day=1) - timedelta(days=1)
    for day, is_last in ((before, False), (last, True)):
        for row in month_rows(Month.of_day(day))[: 1 if is_last else None]:
            if row.owed_minor <= 0:
                continue
            run_now(
                settlements.record_partner_payment(
                    row.month,
                    Direction.RECEIVED,
                    row.owed_minor,
                    currency=row.currency,
                    reference=f"SEPA {rng.randint(100_000, 999_999)}",
                    access=row.partner.live_access,
                    by=by,
                    now=now - timedelta(days=1),
                    store=stores.settlements(),
                )
            )
