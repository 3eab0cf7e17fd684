"""The admin pages of payments: all ledger entries, and the balances of guests."""

from collections.abc import Iterable

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesRadioFilter, RadioFilter
from unfold.decorators import display

from core_site.admin_kit.changelist import ReadOnlyAdminMixin
from core_site.admin_kit.model_admin import ModelAdmin
from core_site.admin_kit.moment_days import MomentDaysFilter
from core_site.admin_kit.money_format import money_cell
from core_site.bookings.admin_columns import HIDDEN, format_contact_name
from core_site.bookings.admin_search import find_booking_ids
from core_site.payments.dialogs import LedgerDialogs
from core_site.payments.ledger_page import RECEIVE, REFUND, ledger_url
from core_site.payments.models import Account, Entry
from core_site.personal_data import may_see_personal_data

_KIND_COLOURS = {"Received": "success", "Refunded": "warning", "Written off": "default"}


@admin.register(Entry)
class EntryAdmin(LedgerDialogs, ReadOnlyAdminMixin, ModelAdmin):
    """The list of all ledger entries, newest first; a booking's own ledger is on its page."""

    list_display = (
        "recorded_at",
        "kind_shown",
        "amount",
        "method_shown",
        "booking_link",
        "reference",
        "recorded_by",
    )
    list_display_links = None
    list_filter = (
        ("kind", ChoicesRadioFilter),
        ("method", ChoicesRadioFilter),
        ("recorded_at", MomentDaysFilter),
    )
    list_filter_submit = True
    list_select_related = ("booking", "recorded_by")
    list_per_page = 50
    ordering = ("-id",)
    indexed_sorts = {"recorded_at": ("recorded_at", "id")}
    # Django asks for a name here to show the box; get_search_results does the work.
    search_fields = ("reference__startswith",)
    search_help_text = "The booking, or the beginning of the payment's own reference"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Entry], search_term: str
    ) -> tuple[QuerySet[Entry], bool]:
        wanted = search_term.strip().replace("\x00", "")
        if not wanted:
            return queryset, False
        by_guest = may_see_personal_data(request)
        bookings = find_booking_ids(wanted, by_guest=by_guest, request=request)
        # Receipts are written in capitals or not; each spelling has the index of references.
        named = Q(booking__in=bookings)
        for spelling in (wanted, wanted.upper(), wanted.lower()):
            named |= Q(reference__startswith=spelling)
        return queryset.filter(named), False

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, object] | None = None,
    ) -> HttpResponse:
        """Redirect to the ledger on the page of the entry's booking."""
        entry = self.get_object(request, object_id)
        if entry is None or not self.has_view_permission(request, entry):
            return super().change_view(request, object_id, form_url, extra_context)
        return HttpResponseRedirect(ledger_url(entry.booking_id))

    @display(description="what", label=_KIND_COLOURS)
    def kind_shown(self, entry: Entry) -> str:
        return entry.get_kind_display()

    @display(description="amount", ordering="amount_minor")
    def amount(self, entry: Entry) -> SafeString:
        return money_cell(self.signed_minor(entry, "amount_minor"), entry.currency)

    def signed_minor(self, row: Entry, name: str) -> int:
        # As on the booking's page: the kind says which way the money went, and only what takes an
        # entry back is below zero.
        return row.amount_minor if row.reverses_id is None else -row.amount_minor

    @display(description="method")
    def method_shown(self, entry: Entry) -> str:
        reversal = " (reversal)" if entry.reverses_id is not None else ""
        return f"{entry.get_method_display() or '–'}{reversal}"

    @display(description="booking")
    def booking_link(self, entry: Entry) -> SafeString:
        return _booking_link(entry.booking_id, str(entry.booking))


#: Bookings of these statuses charge their price, so a refund is due for what is paid beyond it.
_CHARGED_IN_FULL = frozenset({"ON_HOLD", "PENDING", "CONFIRMED", "REDEEMED"})

#: Values of :class:`BalanceFilter` for accounts that are not settled.
BALANCES_OPEN = ("refund", "due")


class BalanceFilter(RadioFilter):
    """Admin filter by balance: a refund is due, a payment is due, or it is settled.

    A booking has an account from its first payment on, so what is due here was paid in part; what
    was never paid stands on the booking and on its departure's manifest.
    """

    title = "balance"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: object) -> Iterable[tuple[str, str]]:
        return [("refund", "Refund due"), ("due", "Paid in part"), ("settled", "Settled")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Account]) -> QuerySet[Account]:
        match self.value():
            case "refund":
                return refunds_due(queryset)
            case "due":
                return queryset.filter(balance_minor__gt=0)
            case "settled":
                return queryset.filter(balance_minor=0)
        return queryset


def refunds_due(accounts: "QuerySet[Account]") -> "QuerySet[Account]":
    """Return the accounts of guests to whom the supplier owes money, by an index of these alone."""
    return accounts.filter(balance_minor__lt=0)


@admin.register(Account)
class AccountAdmin(ReadOnlyAdminMixin, ModelAdmin):
    """The lists of guests' balances: those due, the oldest first; all, the newest booking first."""

    columns_of_buttons = frozenset({"settle", "settle_by_payment", "settle_by_refund"})
    list_filter = (BalanceFilter, ("is_direct", admin.BooleanFieldListFilter))
    list_filter_submit = True
    list_select_related = ("booking__partner", "booking__product")
    list_per_page = 50
    list_display_links = None
    # Django asks for a name here to show the box; get_search_results does the work.
    search_fields = ("booking__supplier_reference",)
    search_help_text = "The booking, as the list of bookings finds it"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Account], search_term: str
    ) -> tuple[QuerySet[Account], bool]:
        if not search_term.strip():
            return queryset, False
        by_guest = may_see_personal_data(request)
        found = find_booking_ids(search_term, by_guest=by_guest, request=request)
        return queryset.filter(booking__in=found), False

    def list_name(self, request: HttpRequest) -> str:
        names = {"refund": "Refunds due", "due": "Paid in part"}
        state = request.GET.get(BalanceFilter.parameter_name, "")
        return names.get(state) or super().list_name(request)

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        # Of open accounts alone there is an index by the time since when they are open.
        is_open = request.GET.get(BalanceFilter.parameter_name) in BALANCES_OPEN
        return ("since", "booking_id") if is_open else ("-booking_id",)

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        guest = "guest" if may_see_personal_data(request) else "guest_hidden"
        settle = {
            (True, True): ("settle",),
            (True, False): ("settle_by_payment",),
            (False, True): ("settle_by_refund",),
        }.get((request.user.has_perm(RECEIVE), request.user.has_perm(REFUND)), ())
        return (
            "booking_link", guest, "balance", "since", "why", "received", "refunded", "sold_by",
            *settle,
        )  # fmt: skip

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, object] | None = None,
    ) -> HttpResponse:
        account = self.get_object(request, object_id)
        if account is None or not self.has_view_permission(request, account):
            return super().change_view(request, object_id, form_url, extra_context)
        return HttpResponseRedirect(ledger_url(account.pk))

    @display(description="booking", ordering="booking")
    def booking_link(self, account: Account) -> SafeString:
        return _booking_link(account.booking_id, str(account.booking))

    @display(description="guest")
    def guest(self, account: Account) -> str:
        return format_contact_name(account.booking.contact)

    @display(description="guest")
    def guest_hidden(self, account: Account) -> str:
        return HIDDEN

    @display(description="balance", ordering="balance_minor")
    def balance(self, account: Account) -> SafeString | str:
        if not account.balance_minor:
            return "settled"
        note = "due" if account.balance_minor > 0 else "to refund"
        return money_cell(abs(account.balance_minor), account.currency, note)

    @display(description="why")
    def why(self, account: Account) -> str:
        if account.balance_minor < 0 and not account.is_direct:
            return "paid here, sold by a reseller"
        if account.balance_minor < 0 and account.status in _CHARGED_IN_FULL:
            return "overpaid"
        return account.status.replace("_", " ").lower()

    @display(description="received", ordering="received_minor")
    def received(self, account: Account) -> SafeString:
        return money_cell(account.received_minor, account.currency)

    @display(description="refunded", ordering="refunded_minor")
    def refunded(self, account: Account) -> SafeString:
        return money_cell(account.refunded_minor, account.currency)

    @display(description="sold by")
    def sold_by(self, account: Account) -> str:
        return str(account.booking.partner)

    @display(description="settle")
    def settle(self, account: Account) -> SafeString | str:
        if account.balance_minor < 0:
            return self.settle_by_refund(account)
        return self.settle_by_payment(account)

    @display(description="settle")
    def settle_by_payment(self, account: Account) -> SafeString | str:
        if account.balance_minor <= 0:
            return "–"
        page = reverse("admin:payments_receive", args=[account.pk])
        return _link(f"{page}?from=due", "Record payment")

    @display(description="settle")
    def settle_by_refund(self, account: Account) -> SafeString | str:
        if account.balance_minor >= 0:
            return "–"
        page = reverse("admin:payments_refund", args=[account.pk])
        return _link(f"{page}?from=refunds", "Refund")


def _booking_link(booking_id: int, text: str) -> SafeString:
    return _link(ledger_url(booking_id), text)


def _link(url: str, text: str) -> SafeString:
    return format_html(
        '<a class="text-primary-600 dark:text-primary-500 whitespace-nowrap" href="{}">{}</a>',
        url,
        text,
    )
