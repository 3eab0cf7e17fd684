"""The columns of the list of departures, and the fields of a departure's page."""

from datetime import datetime
from typing import Protocol

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import display

from core_site.catalog.closing_reasons import name_closings
from core_site.catalog.departure_states import STATE_COLOURS, find_limit
from core_site.catalog.models import Departure
from core_site.catalog.time_format import format_moment, format_start


class _DepartureNow(Protocol):
    """A departure with what the list's query and its seats add."""

    capacity: int | None
    seats: int | None
    taken: int
    state_now: str


class DepartureColumns:
    """What ``DepartureAdmin`` shows of a departure with states and seats."""

    @display(description="id in the API")
    def id_in_api(self, departure: Departure) -> SafeString:
        return format_html("<code>{}</code>", departure.availability_id)

    @display(description="starts (local time)", ordering="starts_at")
    def starts(self, departure: Departure) -> str:
        return format_start(departure, departure.option.product.time_zone)

    @display(description="ends")
    def ends(self, departure: Departure) -> str:
        return self._locally(departure, departure.ends_at)

    @display(description="sale ends")
    def sale_ends(self, departure: Departure) -> str:
        return self._locally(departure, departure.booking_cutoff_at)

    @display(description="cut-offs count back from")
    def cutoff_base(self, departure: Departure) -> str:
        return self._locally(departure, departure.cutoffs_count_from)

    @display(description="why closed")
    def why_closed(self, departure: Departure) -> str:
        return name_closings([departure]).get(departure.pk, "–")

    def _locally(self, departure: Departure, moment: datetime) -> str:
        return format_moment(moment, departure.option.product.time_zone)

    @display(description="product", ordering="option__product__internal_name")
    def product(self, departure: Departure) -> str:
        return departure.option.product.internal_name

    @display(description="option", ordering="option__internal_name")
    def option_name(self, departure: Departure) -> str:
        return departure.option.internal_name

    @display(description="places taken", ordering="reserved")
    def load(self, departure: _DepartureNow) -> SafeString | str:
        limit = find_limit(departure)
        if limit is None:
            return f"{departure.taken:,}, no limit"
        percent = min(100, round(100 * departure.taken / limit)) if limit else 100
        return format_html(
            "<div class='portico-load'>{} of {}"
            "<div class='bg-base-100 flex flex-row overflow-hidden rounded-default"
            " dark:bg-base-800'><div class='h-1.5 bg-primary-600 rounded-default"
            " dark:bg-primary-500' style='width: {}%'></div></div></div>",
            f"{departure.taken:,}",
            f"{limit:,}",
            percent,
        )

    @display(description="capacity")
    def capacity_shown(self, departure: Departure) -> str:
        return "no limit" if departure.capacity is None else f"{departure.capacity:,}"

    @display(description="reserved")
    def reserved_shown(self, departure: Departure) -> str:
        return f"{departure.reserved:,}"

    @display(description="state", label=STATE_COLOURS)
    def state(self, departure: _DepartureNow) -> str:
        return departure.state_now

    @display(description="changed by hand", label=True, ordering="is_edited", empty_value="")
    def by_hand(self, departure: Departure) -> str | None:
        if departure.blackout_id is not None:
            return "blackout"
        if departure.is_kept:
            return "kept for its guests"
        return "by hand" if departure.is_edited else None

    @display(description="bookings")
    def bookings(self, departure: Departure) -> SafeString:
        page = reverse("admin:bookings_booking_changelist")
        return format_html(
            '<a class="text-primary-600 dark:text-primary-500" href="{}?departure__id__exact={}">'
            "Show the bookings</a>",
            page,
            departure.pk,
        )
