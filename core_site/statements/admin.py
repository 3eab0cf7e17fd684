"""The admin of statements: partners' payments, and the pages of months, statements and revenue."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesRadioFilter
from unfold.decorators import display

from core_site import stores
from core_site.admin_kit.changelist import ReadOnlyAdminMixin
from core_site.admin_kit.confirmation_page import ConfirmationPage, render_confirmation
from core_site.admin_kit.model_admin import ModelAdmin
from core_site.admin_kit.money_format import money, money_cell
from core_site.admin_kit.submit_once import AlreadySubmitted, submit_once
from core_site.catalog.local_days import supplier_today
from core_site.exports.models import Export
from core_site.exports.tables import export_table, record_download
from core_site.exports.views import EXPORT
from core_site.partners.models import Partner
from core_site.statements.downloads import (
    MONTH_COLUMNS,
    month_table,
    statement_csv,
    statement_pdf,
)
from core_site.statements.forms import PartnerPaymentForm, RangeForm, UntilForm, shown_amounts
from core_site.statements.models import PartnerPayment
from core_site.statements.open_page import COLUMNS as OPEN_COLUMNS
from core_site.statements.open_page import last_month_over, open_context, open_table
from core_site.statements.pages import (
    Row,
    find_partner,
    load_statement,
    month_context,
    month_url,
    owed_rows,
    read_month,
    statement_context,
    statement_url,
)
from core_site.statements.revenue import COLUMNS as REVENUE_COLUMNS
from core_site.statements.revenue import revenue_context, revenue_table
from core_site.statements.revenue_charts import Measure
from core_site.transactions import run_in_form
from shared_domain import settlements
from shared_domain.money import CURRENCIES
from shared_domain.payments import StaffUserId
from shared_domain.run_now import run_now
from shared_domain.settlements import Direction, Sums
from shared_domain.statements import Month

VIEW, ADD = "statements.view_partnerpayment", "statements.add_partnerpayment"
SEE_REVENUE = "statements.view_revenue"

#: Days that the page of revenue begins with.
FIRST_SHOWN = timedelta(days=29)


@admin.register(PartnerPayment)
class PartnerPaymentAdmin(ReadOnlyAdminMixin, ModelAdmin):
    """The list of partners' payments; statements and revenue have pages of their own."""

    list_display = (
        "recorded_at",
        "partner",
        "statement_month",
        "direction",
        "amount",
        "reference",
        "recorded_by",
    )
    list_filter = (("partner", AutocompleteSelectFilter), ("direction", ChoicesRadioFilter))
    list_filter_submit = True
    list_select_related = ("partner", "recorded_by")
    list_per_page = 50
    search_fields = ("reference__startswith",)
    search_help_text = "The beginning of the payment's reference"
    fields = list_display[1:] + list_display[:1]

    @display(description="statement", ordering="month")
    def statement_month(self, payment: PartnerPayment) -> str:
        return str(Month.of_day(payment.month))

    @display(description="amount", ordering="amount_minor")
    def amount(self, payment: PartnerPayment) -> SafeString:
        # As on the statement: the direction, a column before, says which way the money went.
        return money_cell(payment.amount_minor, payment.currency)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        one = "of/<int:partner_id>/<str:month>"
        pages = [
            path("months/", view(self.this_month), name="statements_this_month"),
            path("months/<str:month>/", view(self.show_month), name="statements_month"),
            path(
                "months/<str:month>/export/<slug:kind>/",
                view(self.export_month),
                name="statements_month_export",
            ),
            path("open/", view(self.show_open), name="statements_open"),
            path("open/export/<slug:kind>/", view(self.export_open), name="statements_open_export"),
            path(f"{one}/", view(self.show_statement), name="statements_statement"),
            path(f"{one}/csv/", view(self.download_csv), name="statements_csv"),
            path(f"{one}/pdf/", view(self.download_pdf), name="statements_pdf"),
            path(f"{one}/pay/<str:currency>/", view(self.pay), name="statements_pay"),
            path("revenue/", view(self.show_revenue), name="statements_revenue"),
            path(
                "revenue/export/<slug:kind>/",
                view(self.export_revenue),
                name="statements_revenue_export",
            ),
        ]
        return [*pages, *super().get_urls()]

    def this_month(self, request: HttpRequest) -> HttpResponse:
        """Redirect to the page of the last complete month, which is billed now."""
        return HttpResponseRedirect(month_url(_last_month_over()))

    def show_month(self, request: HttpRequest, month: str) -> HttpResponse:
        _require(request, VIEW)
        context = month_context(read_month(month), supplier_today(timezone.now()))
        return self._page(request, "statements/month.html", f"Statements of {month}", context)

    def export_month(self, request: HttpRequest, month: str, kind: str) -> HttpResponseBase:
        _require(request, VIEW)
        of_month = read_month(month)
        return export_table(
            request,
            kind,
            name=f"Statements {of_month}",
            titles=MONTH_COLUMNS,
            rows=month_table(of_month),
            filters={"month": str(of_month)},
        )

    def show_open(self, request: HttpRequest) -> HttpResponse:
        """Show what is open of all months to one; without it to the last that is over."""
        _require(request, VIEW)
        form = UntilForm({"until": request.GET.get("until", "")})
        context: dict[str, Any] = {"form": form}
        if form.is_valid():
            context |= open_context(form.cleaned_data["until"] or _last_month_over())
        return self._page(request, "statements/open.html", "What is open", context)

    def export_open(self, request: HttpRequest, kind: str) -> HttpResponseBase:
        _require(request, VIEW)
        asked = request.GET.get("until")
        until = read_month(asked) if asked else _last_month_over()
        return export_table(
            request,
            kind,
            name="Open statements",
            titles=OPEN_COLUMNS,
            rows=open_table(until),
            filters={"until": str(until)},
        )

    def show_statement(self, request: HttpRequest, partner_id: int, month: str) -> HttpResponse:
        _require(request, VIEW)
        partner = find_partner(partner_id)
        context = statement_context(request, partner, read_month(month))
        title = f"Statement of {partner}, {month}"
        return self._page(request, "statements/statement.html", title, context)

    def download_csv(self, request: HttpRequest, partner_id: int, month: str) -> HttpResponse:
        return self._download(request, partner_id, month, Export.Kind.CSV)

    def download_pdf(self, request: HttpRequest, partner_id: int, month: str) -> HttpResponse:
        return self._download(request, partner_id, month, Export.Kind.PDF)

    def _download(
        self, request: HttpRequest, partner_id: int, month: str, kind: Export.Kind
    ) -> HttpResponse:
        _require(request, VIEW)
        partner, of_month = find_partner(partner_id), read_month(month)
        lines = load_statement(partner, of_month).lines
        build = statement_csv if kind is Export.Kind.CSV else statement_pdf
        answer = build(partner, of_month, lines)
        filters = {"partner": partner.code, "month": str(of_month)}
        record_download(request, kind, name="Statement", rows=len(lines), filters=filters)
        return answer

    def pay(self, request: HttpRequest, partner_id: int, month: str, currency: str) -> HttpResponse:
        _require(request, ADD)
        partner, of_month = find_partner(partner_id), read_month(month)
        row = _find_row(partner, of_month, currency)
        # What is owed or was paid in a currency that has gone since is settled in it.
        if currency not in CURRENCIES and not (row.bookings or row.paid.payments):
            raise Http404("no such currency")
        form = PartnerPaymentForm(
            request.POST if request.method == "POST" else None,
            open_minor=row.open_minor,
            paid_minor=row.paid.paid_minor,
            currency=currency,
        )
        if form.is_valid():
            done = self._record(request, row, form)
            if done is not None:
                return done
        confirmation = ConfirmationPage(
            title=f"Payment of {partner}, {of_month}",
            button="Record payment",
            facts=(
                ("Partner", partner),
                ("Statement", of_month),
                ("Owed", row.owed),
                ("Paid so far", row.paid_amount),
                ("Open", row.state),
            ),
            effects=_find_effects(row),
            back_url=statement_url(partner.pk, of_month),
        )
        return render_confirmation(request, confirmation, form, about=PartnerPayment)

    def show_revenue(self, request: HttpRequest) -> HttpResponse:
        _require(request, SEE_REVENUE)
        today = supplier_today(timezone.now())
        chosen = {"first": today - FIRST_SHOWN, "last": today}
        form = RangeForm({**chosen, **request.GET.dict()})
        context: dict[str, Any] = {"form": form, "spans": _spans()}
        if form.is_valid():
            days = form.cleaned_data
            measure = request.GET.get("measure", "")
            context |= revenue_context(
                days["first"],
                days["last"],
                request.GET.get("currency", ""),
                measure=Measure(measure) if measure in [*Measure] else Measure.NET,
                may_see_bookings=request.user.has_perm("bookings.view_booking"),
            )
            context["range"] = f"first={days['first']}&last={days['last']}"
            context["files"] = [
                (kind.upper(), reverse("admin:statements_revenue_export", args=[kind]))
                for kind in ("csv", "xlsx")
            ]
        return self._page(request, "statements/revenue.html", "Revenue", context)

    def export_revenue(self, request: HttpRequest, kind: str) -> HttpResponseBase:
        _require(request, SEE_REVENUE)
        form = RangeForm(request.GET.dict())
        if not form.is_valid():
            raise Http404("no such days")
        first, last = form.cleaned_data["first"], form.cleaned_data["last"]
        return export_table(
            request,
            kind,
            name=f"Revenue {first} to {last}",
            titles=REVENUE_COLUMNS,
            rows=revenue_table(first, last),
            filters={"first": str(first), "last": str(last)},
        )

    def _page(self, request: HttpRequest, template: str, title: str, context: Any) -> HttpResponse:
        may_pay = request.user.has_perm(ADD)
        shown = {
            **self.admin_site.each_context(request),
            "title": title,
            "may_pay": may_pay,
            "may_export": request.user.has_perm(EXPORT),
            **context,
        }
        return render(request, template, shown, status=400 if _has_errors(context) else 200)

    def _record(
        self, request: HttpRequest, row: Row, form: PartnerPaymentForm
    ) -> HttpResponse | None:
        def change() -> Sums:
            submission = submit_once(request)
            # The service locks the partner as well; what is held against must be read after it.
            Partner.objects.select_for_update(no_key=True).get(pk=row.partner.pk)
            now_paid = _find_row(row.partner, row.month, row.currency).paid
            form.hold_against(shown_amounts(now_paid.paid_minor, row.currency))
            paid = run_now(
                settlements.record_partner_payment(
                    row.month,
                    Direction(form.cleaned_data["direction"]),
                    form.cleaned_data["amount"],
                    currency=row.currency,
                    reference=form.cleaned_data["reference"],
                    access=row.partner.live_access,
                    by=StaffUserId(request.user.pk or 0),
                    now=timezone.now(),
                    store=stores.settlements(),
                )
            )
            submission.record(row.partner.pk)
            return paid

        url = statement_url(row.partner.pk, row.month)
        try:
            paid = run_in_form(form, change)
        except AlreadySubmitted:
            messages.warning(request, "Nothing was recorded now: this form was sent before.")
            return HttpResponseRedirect(url)
        if paid is None:
            return None
        amount = money(form.cleaned_data["amount"], row.currency)
        messages.success(request, f"{row.partner}, {row.month}: {amount} recorded.")
        return HttpResponseRedirect(url)


def _last_month_over() -> Month:
    return last_month_over(supplier_today(timezone.now()))


def _require(request: HttpRequest, permission: str) -> None:
    if not request.user.has_perm(permission):
        raise PermissionDenied


def _has_errors(context: Any) -> bool:
    form = context.get("form")
    return form is not None and bool(form.errors)


def _find_row(partner: Partner, month: Month, currency: str) -> Row:
    """Return the sums of a statement in one currency; zeros where nothing is billed in it."""
    rows = owed_rows(partner, [month])
    empty = Row(
        partner=partner, month=month, currency=currency, bookings=0, net_minor=0,
        refunded_minor=0, owed_minor=0, paid=Sums(currency=currency),
    )  # fmt: skip
    return next((row for row in rows if row.currency == currency), empty)


def _find_effects(row: Row) -> tuple[tuple[str, str, str], ...]:
    """Return the statement before and after the payment that the form suggests."""
    if not row.open_minor:
        return ()
    received, returned = max(0, row.open_minor), max(0, -row.open_minor)
    paid = replace(
        row.paid,
        received_minor=row.paid.received_minor + received,
        returned_minor=row.paid.returned_minor + returned,
    )
    amount = money(received + returned, row.currency)
    return ((f"With {amount}", row.state, replace(row, paid=paid).state),)


def _spans() -> list[dict[str, object]]:
    today = supplier_today(timezone.now())
    return [
        {"title": title, "query": f"first={today - timedelta(days=days - 1)}&last={today}"}
        for title, days in (("7 days", 7), ("30 days", 30), ("90 days", 90), ("Half a year", 182))
    ]
