"""Panels of a partner's page: how its keys use the API, and which calls were refused last."""

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from core_site import stores
from core_site.admin_kit.change_pages.panels import Panel
from core_site.admin_kit.change_pages.tables import Cell, Column, Link, build_table
from core_site.catalog.local_days import supplier_zone
from core_site.catalog.time_format import format_moment
from core_site.partners.models import Partner
from core_site.usage.chart import CLASSES, build_chart
from core_site.usage.last_use import say_ago
from shared_domain.partners import PartnerId, PartnerKind
from shared_domain.run_now import run_now
from shared_domain.usage import REFUSALS_KEPT_FOR, Calls, ListedRefusal

#: Days of calls that the chart shows, today among them.
DAYS = 30

#: Keys of the panel, those used last; the list of keys has all.
KEYS_SHOWN = 8

REFUSALS_SHOWN = 20

PERMISSIONS = ("partners.view_apikey",)


def load_usage(request: HttpRequest, partner: Partner) -> Mapping[str, Any] | None:
    """Return the calls of 30 days by day and by key; None for the supplier's own sales."""
    if partner.kind == PartnerKind.DIRECT:
        return None
    now = timezone.now()
    today = now.astimezone(UTC).date()
    first = today - timedelta(days=DAYS - 1)
    since = datetime.combine(first, time(), UTC)
    partner_id, store = PartnerId(partner.pk), stores.usage()
    days = run_now(store.calls_by_day(partner_id, since=since))
    keys = run_now(store.calls_by_key(partner_id, since=since, limit=KEYS_SHOWN))
    total = Calls()
    for row in days:
        total.add(row.calls)
    return {
        "days": DAYS,
        "total": f"{total.total:,}",
        "share": _per_cent(total),
        "classes": [
            (words, colour, f"{getattr(total, name):,}")
            for name, (words, colour) in CLASSES.items()
        ],
        "chart": build_chart(days, first=first, last=today) if total.total else None,
        **build_table(
            (
                Column("Key"),
                Column("Calls", is_number=True),
                Column("Refused or failed", is_number=True),
                Column("Last call"),
            ),
            (
                (
                    Cell(key.label, reverse("admin:partners_apikey_change", args=[key.api_key_id])),
                    f"{key.calls.total:,}",
                    _per_cent(key.calls),
                    say_ago(key.last_call_at, now=now),
                )
                for key in keys
            ),
            empty="",
            more=Link(
                "All keys of this partner",
                f"{reverse('admin:partners_apikey_changelist')}?partner__id__exact={partner.pk}",
            ),
        ),
    }


def load_refusals(request: HttpRequest, partner: Partner) -> Mapping[str, Any] | None:
    """Return the last refused calls; None for the supplier's own sales, which call no API."""
    if partner.kind == PartnerKind.DIRECT:
        return None
    listed = run_now(stores.usage().last_refusals(PartnerId(partner.pk), limit=REFUSALS_SHOWN))
    zone = supplier_zone() if listed else "UTC"
    return {
        "days": REFUSALS_KEPT_FOR.days,
        "rows": [
            {
                "at": format_moment(refusal.at, zone),
                "method": refusal.method,
                "path": refusal.path_template or "(no such path)",
                "status": refusal.status,
                "colour": "danger" if refusal.status >= 500 else "warning",
                "why": say_why(refusal),
                "fields": refusal.fields,
                "key": refusal.key_label,
                "request_id": refusal.request_id,
            }
            for refusal in listed
        ],
    }


def say_why(refusal: ListedRefusal) -> str:
    """Return why a call was refused as text, with OCTO's code for the partner's developers."""
    reason = refusal.reason.replace("-", " ").capitalize()
    code = "" if refusal.code.startswith(("urn:", "about:")) else refusal.code
    if not reason:
        reason = _WORDS.get(refusal.status, "")
    return f"{reason} ({code})" if reason and code else reason or code


#: Where the answer names no refusal: what its status means here.
_WORDS = {
    401: "No valid key",
    403: "The key may not do this",
    404: "Nothing is there",
    405: "Not possible at this path",
    413: "Body too large",
    429: "Over the rate limit, listed once an hour",
    500: "An error on our side",
    502: "An error on our side",
    503: "Our database was away",
    504: "No answer in time",
}


def _per_cent(calls: Calls) -> str:
    if not calls.total:
        return "–"
    share = calls.unsuccessful_percent
    return f"{share:.1f} %" if share == 0 or share >= 0.1 else "under 0.1 %"


API_USAGE = Panel(
    "api-usage", f"API usage of {DAYS} days", load_usage, "usage/calls.html", PERMISSIONS,
    is_wide=True,
)  # fmt: skip
LAST_REFUSALS = Panel(
    "refusals", "Last refusals", load_refusals, "usage/refusals.html", PERMISSIONS, is_wide=True
)
