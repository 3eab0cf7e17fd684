"""Bookings named by reference in lists of rows that hold the UUID of a booking only."""

from typing import Any, TypeVar, cast
from uuid import UUID

from django.db.models import Model, OuterRef, QuerySet, Subquery
from django.db.models.functions import JSONObject
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from core_site.bookings.models import Booking

Row = TypeVar("Row", bound=Model)


def with_booking(
    request: HttpRequest, rows: QuerySet[Row], *, partner: str, test_mode: str
) -> QuerySet[Row]:
    """Annotate each row with the booking that ``link_booking`` shows, for those who may see it.

    A UUID is unique among a partner's bookings in one mode: ``partner`` and ``test_mode`` are the
    paths to these from the row, beside its ``booking_uuid``.
    """
    if not request.user.has_perm("bookings.view_booking"):
        return rows
    bookings = Booking.objects.order_by().filter(
        uuid=OuterRef("booking_uuid"), partner=OuterRef(partner), test_mode=OuterRef(test_mode)
    )
    found = bookings.values(found=JSONObject(pk="pk", reference="supplier_reference"))
    return cast("QuerySet[Row]", rows.annotate(booking=Subquery(found[:1])))


def link_booking(row: Any) -> SafeString:
    """Return the reference of a row's booking, with a link, or its UUID where it was not found."""
    uuid: UUID = row.booking_uuid
    booking: dict[str, Any] | None = getattr(row, "booking", None)
    if booking is None:
        return format_html('<code class="portico-unbroken">{}</code>', uuid)
    page = reverse("admin:bookings_booking_change", args=[booking["pk"]])
    return format_html('<a href="{}">{}</a>', page, booking["reference"])
