"""Every page of the admin that the demo has, and a database that reads tables by their indexes."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

from django.contrib import admin
from django.db import connection
from django.urls import reverse

from core_site.bookings.models import Booking
from core_site.resources.models import Assignment
from tests.at_scale.pages import pages_of_days, pages_of_the_office

#: Rows that one query of a page may read of a table that grows. The demo has 10,000 departures.
MOST_ROWS_OF_A_PAGE = 5_000

#: The list of departures counts up to 5,001 that are not over yet, among the 400 days of all.
MOST_ROWS = {"/admin/catalog/departure/": 20_000}


def every_page_of_the_demo(today: date) -> Iterator[str]:
    """Yield each list, the newest row of each, and the pages of days, weeks and months."""
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        yield reverse(f"{name}_changelist")
        row = model._default_manager.order_by("-pk").first()
        if row is not None:
            yield reverse(f"{name}_change", args=[row.pk])
    yield from pages_of_days(today)
    yield from pages_of_the_office(today)
    booking = Booking.objects.filter(status="CONFIRMED", departure__local_date__gt=today)[0]
    assert booking.departure is not None
    day, product = booking.departure.local_date, booking.product
    assigned = Assignment.objects.order_by("-departure__local_date")[0].departure
    yield reverse("booking_desk:desk") + f"?product={product.code}&day={day}"
    yield reverse("admin:bookings_booking_move", args=[booking.pk]) + f"?day={day}"
    yield reverse("admin:resources_resource_my_week") + f"?week={assigned.local_date}"
    yield reverse("admin:disruptions_disruption_start") + f"?kind=CANCEL&first={day}"
    yield "/admin/find/?q=maria"


@contextmanager
def only_by_index() -> Iterator[None]:
    """Let PostgreSQL read a table from end to end only where no index serves.

    Of the few rows of the demo it would do so anyway, and say nothing of what is missing.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET enable_seqscan = off")
        # The penalty of what is switched off would make every plan worth compiling.
        cursor.execute("SET jit = off")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET enable_seqscan")
            cursor.execute("RESET jit")
