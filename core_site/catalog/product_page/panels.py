"""Panels of a product's page."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from core_site.admin_kit.change_pages.panels import Panel
from core_site.admin_kit.change_pages.tables import TABLE, Cell, Column, Link, build_table
from core_site.bookings.page.head import page_url
from core_site.catalog.departure_states import (
    RUNS,
    STATE_COLOURS,
    DepartureState,
    add_seats,
    find_limit,
    with_states,
)
from core_site.catalog.local_days import filter_unended
from core_site.catalog.models import Departure, Option, Product
from core_site.catalog.time_format import format_start
from core_site.statements.panels import SALES_OF_PRODUCT

#: Departures and options that a panel names; their lists have the rest.
DEPARTURES_SHOWN, OPTIONS_SHOWN = 8, 12

#: Kinds of tickets that the panel names of an option.
UNITS_NAMED = 6


def load_next_departures(request: HttpRequest, product: Product) -> Mapping[str, Any]:
    now = timezone.now()
    options = list(product.options.values_list("pk", flat=True))
    # Not before they end: a day of opening hours, and a tour of some days, are still on.
    departures = filter_unended(Departure.objects.filter(option__in=options), at=now)
    ahead: QuerySet[Any] = with_states(departures, now=now)
    rows = ahead.filter(RUNS).exclude(state_now=DepartureState.PAST.value)
    shown = rows.select_related("option__product").order_by("starts_at", "id")[:DEPARTURES_SHOWN]
    add_seats(shown, now=now)
    return build_table(
        (
            Column("Starts (local time)"),
            Column("Option"),
            Column("Places taken", is_number=True),
            Column("State"),
        ),
        (_describe_departure(request, row) for row in shown),
        empty="None is open: add a schedule to one of its options.",
        more=Link("All departures of this product", _list_url("catalog_departure", product)),
    )


def load_options(request: HttpRequest, product: Product) -> Mapping[str, Any]:
    rows = Option.objects.filter(product=product).select_related("product")
    rows = rows.prefetch_related("units").annotate(
        schedules_count=Count("schedules", filter=Q(schedules__is_active=True), distinct=True),
        prices_count=Count("prices", distinct=True),
    )
    return build_table(
        (
            Column("Option"),
            Column("Tickets"),
            Column("Schedules", is_number=True),
            Column("Prices", is_number=True),
        ),
        (_describe_option(request, row) for row in rows.order_by("position", "id")[:OPTIONS_SHOWN]),
        empty="It has no option yet: add one in the tab Options.",
    )


PANELS = (
    Panel(
        "departures", "Next departures", load_next_departures, TABLE, ("catalog.view_departure",),
        is_wide=True,
    ),
    Panel("options", "Options", load_options, TABLE, ("catalog.view_option",)),
    SALES_OF_PRODUCT,
)  # fmt: skip


def _describe_departure(request: HttpRequest, row: Any) -> tuple[Cell | object, ...]:
    start = format_start(row, row.option.product.time_zone)
    limit = find_limit(row)
    places = f"{row.taken:,}" if limit is None else f"{row.taken:,} of {limit:,}"
    state = DepartureState(row.state_now)
    return (
        Cell(start, page_url(request, row)),
        row.option.internal_name,
        places,
        Cell(state.capitalize(), colour=STATE_COLOURS[state]),
    )


def _describe_option(request: HttpRequest, row: Any) -> tuple[Cell | object, ...]:
    units = [unit.internal_name for unit in row.units.all()]
    named = ", ".join(units[:UNITS_NAMED]) + (" …" if len(units) > UNITS_NAMED else "")
    return (
        Cell(row.internal_name, page_url(request, row)),
        named,
        row.schedules_count,
        row.prices_count,
    )


def _list_url(name: str, product: Product) -> str:
    return f"{reverse(f'admin:{name}_changelist')}?option__product__id__exact={product.pk}"
