"""Panels of a partner's page: its terms, its bookings, its API usage, and what it owes."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.timesince import timesince

from core_site.admin_kit.change_pages.panels import Panel
from core_site.admin_kit.change_pages.tables import (
    FACTS,
    TABLE,
    Cell,
    Column,
    Link,
    build_facts,
    build_table,
)
from core_site.admin_kit.money_format import per_cent
from core_site.bookings.admin_columns import current_status
from core_site.bookings.models import Booking
from core_site.bookings.page.booking_table import BOOKINGS_SHOWN, RELATED, table_of_bookings
from core_site.bookings.page.head import page_url
from core_site.catalog.models import PartnerTerms
from core_site.catalog.time_format import format_moment
from core_site.notifications.panels import SUBSCRIPTIONS_OF_PARTNER
from core_site.partners.models import Partner
from core_site.statements.panels import OPEN_STATEMENTS, SALES_OF_PARTNER
from core_site.usage.panels import API_USAGE, LAST_REFUSALS
from core_site.webhooks.panels import WEBHOOKS_OF_PARTNER
from shared_domain.quantities import format_quantity

#: Products that the panel of terms names; the list of terms has the rest.
TERMS_SHOWN = 12

#: The latest bookings of a partner by which its use of the API is described.
LOOKED_AT = 200

#: Bookings that came to nothing, by their status as of now.
_LOST = ("Expired", "Rejected", "Cancelled")


def load_terms(request: HttpRequest, partner: Partner) -> Mapping[str, Any]:
    terms = PartnerTerms.objects.filter(partner=partner).select_related("product", "partner")
    shown = list(terms.order_by("product__internal_name")[:TERMS_SHOWN])
    return build_table(
        (Column("Product"), Column("Commission", is_number=True)),
        (
            (
                Cell(row.product.internal_name, page_url(request, row.product)),
                Cell(f"{per_cent(row.commission_basis_points)} %", page_url(request, row)),
            )
            for row in shown
        ),
        empty="It sells no product yet: add terms.",
        more=Link("All terms of this partner", _list_url("catalog_partnerterms", partner)),
    )


def load_usage(request: HttpRequest, partner: Partner) -> Mapping[str, Any]:
    """Return facts about the partner's latest bookings: their period, and how many by status."""
    rows = list(_latest(partner)[:LOOKED_AT])
    if not rows:
        return build_facts([("Bookings", "none yet")])
    live = [row for row in rows if not row.test_mode]
    statuses = Counter(current_status(row) for row in live)
    newest, oldest = rows[0], rows[-1]
    return build_facts(
        [
            ("Last booking", _ago(newest)),
            (f"The last {format_quantity(len(rows), 'booking')}", f"began {_ago(oldest)}"),
            *((status, f"{count} of {len(live)}") for status, count in statuses.most_common()),
            ("Tests", len(rows) - len(live)),
        ]
    )


def load_lost(request: HttpRequest, partner: Partner) -> Mapping[str, Any]:
    """Return a table of the latest bookings that were rejected or cancelled, or have expired."""
    lost = [row for row in _latest(partner)[:LOOKED_AT] if current_status(row) in _LOST]
    return table_of_bookings(
        request, lost[:BOOKINGS_SHOWN], empty=f"None of the last {LOOKED_AT} bookings."
    )


def load_latest(request: HttpRequest, partner: Partner) -> Mapping[str, Any]:
    return table_of_bookings(
        request,
        _latest(partner)[:BOOKINGS_SHOWN],
        empty="None yet.",
        more=Link("All bookings of this partner", _list_url("bookings_booking", partner)),
    )


PANELS = (
    OPEN_STATEMENTS,
    SALES_OF_PARTNER,
    Panel("terms", "Sells", load_terms, TABLE, ("catalog.view_partnerterms",)),
    Panel("usage", "Bookings by status", load_usage, FACTS, ("bookings.view_booking",)),
    API_USAGE,
    LAST_REFUSALS,
    WEBHOOKS_OF_PARTNER,
    SUBSCRIPTIONS_OF_PARTNER,
    Panel(
        "latest", "Latest bookings", load_latest, TABLE, ("bookings.view_booking",), is_wide=True
    ),
    Panel(
        "lost", "Lately refused, cancelled or not confirmed in time", load_lost, TABLE,
        ("bookings.view_booking",), is_wide=True,
    ),
)  # fmt: skip


def _latest(partner: Partner) -> QuerySet[Booking]:
    rows = Booking.objects.filter(partner=partner).order_by("-id").select_related(*RELATED)
    return rows.defer("reservation_fingerprint", "taxes", "contact", "notes")


def _ago(booking: Booking) -> str:
    moment = format_moment(booking.created_at, booking.product.time_zone)
    return f"{timesince(booking.created_at, depth=1)} ago, {moment}"


def _list_url(name: str, partner: Partner) -> str:
    return f"{reverse(f'admin:{name}_changelist')}?partner__id__exact={partner.pk}"
