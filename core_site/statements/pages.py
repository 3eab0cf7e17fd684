"""The context of statements' pages: a month of all partners, and one partner's statement."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import Http404, HttpRequest
from django.urls import reverse

from core_site import stores
from core_site.admin_kit.money_format import money
from core_site.bookings.models import Booking
from core_site.catalog.models import Product
from core_site.partners.models import Partner
from core_site.statements.models import PartnerPayment
from shared_domain import settlements, statements
from shared_domain.partners import PartnerId, PartnerKind
from shared_domain.run_now import run_now
from shared_domain.settlements import Sums
from shared_domain.statements import Line, LinePlace, Month, PartnerTotal

#: Lines on a page; the downloads hold all of them.
LINES_SHOWN = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """The sums of a partner's month in one currency: owed, paid and open."""

    partner: Partner
    month: Month
    currency: str
    bookings: int
    net_minor: int
    refunded_minor: int
    owed_minor: int
    paid: Sums

    @property
    def open_minor(self) -> int:
        return self.paid.open_minor(self.owed_minor)

    @property
    def due_minor(self) -> int:
        return max(0, self.open_minor)

    @property
    def to_return_minor(self) -> int:
        return max(0, -self.open_minor)

    @property
    def net(self) -> str:
        return money(self.net_minor, self.currency)

    @property
    def refunded(self) -> str:
        return money(self.refunded_minor, self.currency)

    @property
    def owed(self) -> str:
        return money(self.owed_minor, self.currency)

    @property
    def paid_amount(self) -> str:
        return money(self.paid.paid_minor, self.currency)

    @property
    def state(self) -> str:
        if not self.open_minor:
            return "settled"
        amount = money(abs(self.open_minor), self.currency)
        return f"{amount} {'open' if self.open_minor > 0 else 'to return'}"

    @property
    def tone(self) -> str:
        return "success" if not self.open_minor else "warning" if self.open_minor > 0 else "danger"

    @property
    def url(self) -> str:
        return statement_url(self.partner.pk, self.month)

    @property
    def pay_url(self) -> str:
        arguments = [self.partner.pk, str(self.month), self.currency]
        return reverse("admin:statements_pay", args=arguments)


def statement_url(partner_id: int, month: Month) -> str:
    return reverse("admin:statements_statement", args=[partner_id, str(month)])


def month_url(month: Month) -> str:
    return reverse("admin:statements_month", args=[str(month)])


def read_month(text: str) -> Month:
    """Return the month in a URL, such as ``2026-07``.

    Raises:
        Http404: the text is no month.
    """
    try:
        return Month.from_text(text)
    except statements.InvalidMonth:
        raise Http404("no such month") from None


def find_partner(partner_id: int) -> Partner:
    """Return the reseller whose statement it is.

    Raises:
        Http404: there is none; the supplier's own sales have no statement.
    """
    try:
        return Partner.objects.exclude(kind=PartnerKind.DIRECT).get(pk=partner_id)
    except (Partner.DoesNotExist, OverflowError):
        raise Http404("no such partner") from None


def month_rows(month: Month) -> list[Row]:
    """Return the sums of each reseller for a month, those with open amounts first."""
    totals = run_now(statements.partner_totals(month, store=stores.statements()))
    resellers = Partner.objects.exclude(kind=PartnerKind.DIRECT).in_bulk()
    rows = _build_rows(month, totals, resellers)
    return sorted(rows, key=lambda row: (not row.open_minor, row.partner.name, row.currency))


def owed_rows(partner: Partner, months: Iterable[Month]) -> list[Row]:
    """Return the sums of a partner for some months, by month and currency."""
    months = list(months)
    totals = run_now(
        statements.list_months_between(
            min(months), max(months), access=partner.live_access, store=stores.statements()
        )
    )
    rows = []
    for month in months:
        of_month = [total for total in totals if total.month == month]
        rows += _build_rows(month, of_month, {partner.pk: partner})
    return rows


def statement_rows(partner: Partner, month: Month, lines: Iterable[Line]) -> list[Row]:
    """Return the sums of one statement by currency, computed from its lines."""
    by_currency: dict[str, list[Line]] = {}
    for line in lines:
        by_currency.setdefault(line.currency, []).append(line)
    totals = [
        PartnerTotal(
            partner_id=PartnerId(partner.pk),
            month=month,
            currency=currency,
            bookings=len(of_currency),
            net_minor=sum(line.net_minor for line in of_currency),
            owed_minor=sum(line.owed_minor for line in of_currency),
        )
        for currency, of_currency in by_currency.items()
    ]
    return _build_rows(month, totals, {partner.pk: partner})


def _build_rows(
    month: Month, totals: Iterable[PartnerTotal], partners: Mapping[int, Partner]
) -> list[Row]:
    """Return a row for each currency in which one of these partners owes or has paid for a month.

    A currency in which only payments were made has a row as well.
    """
    paid = run_now(settlements.sums_of_month(month, store=stores.settlements()))
    owed = {(total.partner_id, total.currency): total for total in totals}
    rows = []
    for key in sorted({*owed, *paid}):
        partner_id, currency = key
        if partner_id not in partners:
            continue
        total = owed.get(key)
        rows.append(
            Row(
                partner=partners[partner_id],
                month=month,
                currency=currency,
                bookings=total.bookings if total else 0,
                net_minor=total.net_minor if total else 0,
                refunded_minor=total.refunded_minor if total else 0,
                owed_minor=total.owed_minor if total else 0,
                paid=paid.get(key, Sums(currency=currency)),
            )
        )
    return rows


def load_statement(partner: Partner, month: Month) -> statements.Statement:
    return run_now(
        statements.month_statement(month, access=partner.live_access, store=stores.statements())
    )


def month_context(month: Month, today: date) -> Mapping[str, Any]:
    """Return the context of the page of a month, with links to the months before and after."""
    rows = month_rows(month)
    currencies = sorted({row.currency for row in rows})
    return {
        "month": str(month),
        "earlier": _month_link(shift_month(month, -1)),
        "later": _month_link(shift_month(month, 1)) if month != Month.of_day(today) else None,
        "rows": rows,
        "files": [
            (kind.upper(), reverse("admin:statements_month_export", args=[str(month), kind]))
            for kind in ("csv", "xlsx")
        ],
        "sums": [
            {
                "currency": currency,
                "owed": money(_sum(rows, currency, "owed_minor"), currency),
                "refunded": money(_sum(rows, currency, "refunded_minor"), currency),
                "due": money(_sum(rows, currency, "due_minor"), currency),
                "to_return": money(_sum(rows, currency, "to_return_minor"), currency),
                "has_to_return": _sum(rows, currency, "to_return_minor") != 0,
                "unsettled": sum(1 for row in rows if row.currency == currency and row.open_minor),
            }
            for currency in currencies
        ],
    }


def statement_context(request: HttpRequest, partner: Partner, month: Month) -> Mapping[str, Any]:
    """Return the context of the page of one statement."""
    page = run_now(
        statements.statement_page(
            month,
            after=_read_place(request, "after"),
            before=_read_place(request, "before"),
            most=LINES_SHOWN,
            access=partner.live_access,
            store=stores.statements(),
        )
    )
    linked = page.lines if request.user.has_perm("bookings.view_booking") else ()
    keys = dict(
        Booking.objects.filter(
            partner=partner, test_mode=False, uuid__in=[line.uuid for line in linked]
        ).values_list("uuid", "pk")
    )
    names = dict(
        Product.objects.filter(code__in={line.product_code for line in page.lines}).values_list(
            "code", "internal_name"
        )
    )
    # All of them: each currency has a bound (``settlements.MOST_PARTNER_PAYMENTS``).
    payments = PartnerPayment.objects.filter(partner=partner, month=month.first_day)
    arguments = [partner.pk, str(month)]
    rows = owed_rows(partner, [month])
    return {
        "partner": partner,
        "month": str(month),
        "rows": rows,
        "bookings": sum(row.bookings for row in rows),
        "earlier": f"?before={page.before}" if page.before else "",
        "more": f"?after={page.after}" if page.after else "",
        "lines": [
            {
                "reference": line.supplier_reference,
                "url": reverse("admin:bookings_booking_change", args=[keys[line.uuid]])
                if line.uuid in keys
                else "",
                "theirs": line.reseller_reference or "–",
                "status": line.status.replace("_", " ").capitalize(),
                "travels": line.travel_date or "any day",
                "product": names.get(line.product_code, line.product_code),
                "net": money(line.net_minor, line.currency),
                "refunded": money(line.net_minor - line.owed_minor, line.currency)
                if line.net_minor != line.owed_minor
                else "–",
                "owed": money(line.owed_minor, line.currency),
            }
            for line in page.lines
        ],
        "payments": [
            {
                "at": payment.recorded_at,
                "what": payment.get_direction_display(),
                "amount": money(payment.amount_minor, payment.currency),
                "reference": payment.reference or "–",
                "who": payment.recorded_by.get_full_name() or payment.recorded_by.username,
            }
            for payment in payments.select_related("recorded_by")
        ],
        "csv_url": reverse("admin:statements_csv", args=arguments),
        "pdf_url": reverse("admin:statements_pdf", args=arguments),
        "month_url": _month_link(month)["url"],
    }


def _read_place(request: HttpRequest, name: str) -> LinePlace | None:
    """Return the place in the address, None for the first page.

    Raises:
        Http404: no page links to it.
    """
    try:
        return LinePlace.from_text(request.GET[name]) if name in request.GET else None
    except statements.InvalidPlace:
        raise Http404("no such place") from None


def _month_link(month: Month) -> dict[str, str]:
    return {"title": str(month), "url": month_url(month)}


def shift_month(month: Month, months: int) -> Month:
    """Return the month that is ``months`` after this one, or before it if negative."""
    counted = month.year * 12 + month.number - 1 + months
    return Month(counted // 12, counted % 12 + 1)


def _sum(rows: Iterable[Row], currency: str, name: str) -> int:
    return sum(getattr(row, name) for row in rows if row.currency == currency)
