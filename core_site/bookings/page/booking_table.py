"""A table of a few bookings, for a panel on the pages of partners and users."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.http import HttpRequest

from core_site.admin_kit.change_pages.tables import Cell, Column, Link, build_table
from core_site.admin_kit.money_format import money
from core_site.bookings.admin_columns import STATUS_COLOURS, current_status, travels_at
from core_site.bookings.models import Booking
from core_site.bookings.page.head import page_url

#: Bookings of a panel; the list of bookings has the rest.
BOOKINGS_SHOWN = 6

#: What the rows need of other tables.
RELATED = ("product", "departure__option__product", "partner")

_COLUMNS = (
    Column("Booking"),
    Column("Status"),
    Column("Product"),
    Column("Travels at"),
    Column("Price", is_number=True),
)


def table_of_bookings(
    request: HttpRequest, bookings: Iterable[Booking], *, empty: str, more: Link | None = None
) -> Mapping[str, Any]:
    """Return the context of the panel: each booking with a link to its page."""
    return build_table(
        _COLUMNS,
        (
            (
                Cell(_reference(booking), page_url(request, booking)),
                Cell(current_status(booking), colour=STATUS_COLOURS[current_status(booking)]),
                booking.product.internal_name,
                travels_at(booking),
                money(booking.retail_minor, booking.currency),
            )
            for booking in bookings
        ),
        empty=empty,
        more=more,
    )


def _reference(booking: Booking) -> str:
    return f"{booking}{' (test)' if booking.test_mode else ''}"
