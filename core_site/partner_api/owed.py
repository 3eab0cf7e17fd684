"""What a partner owes for its bookings, month by month.

A booking counts in the month of its local travel date; one without a date, on the day it was
confirmed, by the product's own clock. CONFIRMED and REDEEMED ones owe their net price, CANCELLED
ones what is left of it after the refund. Tests owe nothing and are never listed, and neither is a
hold that was let go before it was confirmed.
"""

from calendar import monthrange
from datetime import date
from typing import Any

from django.db.models import (
    BigIntegerField,
    Case,
    Count,
    DateField,
    DateTimeField,
    ExpressionWrapper,
    F,
    Func,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce, TruncMonth

from core_site.bookings.models import Booking
from core_site.catalog.models import Option
from shared_domain.partners import Caller

_SOLD = Q(status__in=["CONFIRMED", "REDEEMED"])

_SOLD_AND_CANCELLED = Q(status="CANCELLED") & (
    Q(confirmed_at__isnull=False) | Q(cancellation_refund__in=["NONE", "PARTIAL"])
)

# A refund is what was promised then: the history knows the option as it was. Where it does not
# reach back that far, the option as it is has to do.
_REFUND_PERCENT = Coalesce(
    Subquery(
        Option.pgh_event_model.objects.filter(
            pgh_obj_id=OuterRef("option_id"), pgh_created_at__lte=OuterRef("cancelled_at")
        )
        .order_by("-pgh_created_at", "-pgh_id")
        .values("late_refund_percent")[:1]
    ),
    "option__late_refund_percent",
)

# Half up, in whole minor units, as everywhere: see shared_domain/money.py.
_KEPT_AFTER_PARTIAL_REFUND = ExpressionWrapper(
    (F("net_minor") * (100 - _REFUND_PERCENT) * 2 + 100) / 200,
    output_field=BigIntegerField(),
)

_OWED = Case(
    When(cancellation_refund="FULL", then=Value(0)),
    When(cancellation_refund="PARTIAL", then=_KEPT_AFTER_PARTIAL_REFUND),
    default=F("net_minor"),
    output_field=BigIntegerField(),
)

_DAY_OF_SALE = Cast(
    Func(
        F("product__time_zone"),
        Coalesce("confirmed_at", "created_at"),
        function="timezone",
        output_field=DateTimeField(),
    ),
    DateField(),
)


def totals_by_month(caller: Caller) -> QuerySet:
    """Return ``month`` (its first day), ``currency``, ``bookings`` and ``owed``, newest first."""
    return (
        _billed(caller)
        .annotate(month=TruncMonth(Coalesce("departure__local_date", _DAY_OF_SALE)), owes=_OWED)
        .values("month", "currency")
        .annotate(bookings=Count("id"), owed=Sum("owes"))
        .order_by("-month", "currency")
    )


def lines_of_month(caller: Caller, month: date) -> list[dict[str, Any]]:
    """Return the bookings of a month by travel date, those without a date last.

    They are rows and not models: a large partner's month has tens of thousands.
    """
    days = (month, month.replace(day=monthrange(month.year, month.month)[1]))
    billed = _billed(caller)
    # Two questions, because one about either date could use no index.
    dated = billed.filter(departure__local_date__range=days)
    undated = billed.filter(departure=None).alias(day=_DAY_OF_SALE).filter(day__range=days)
    return [
        line
        for part in (dated, undated)
        for line in part.order_by("departure__local_date", "id").values(
            "uuid",
            "supplier_reference",
            "reseller_reference",
            "status",
            "cancellation_refund",
            "currency",
            "net_minor",
            travel_date=F("departure__local_date"),
            product_code=F("product__code"),
            owed=_OWED,
        )
    ]


def _billed(caller: Caller) -> QuerySet[Booking]:
    live = Booking.objects.filter(partner_id=caller.partner_id, test_mode=False)
    # A test key sees tests only, and tests owe nothing.
    return live.none() if caller.is_test else live.filter(_SOLD | _SOLD_AND_CANCELLED).order_by()
