"""The table of search terms."""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models


class BookingTerms(models.Model):
    """The search terms of one booking, which triggers keep up to date (``migrations/terms.sql``).

    ``day`` is the local day of its departure; a booking for any day has the last day there is. It
    has no foreign key, for whose check a reservation would wait; a trigger deletes the row.
    """

    booking = models.OneToOneField(
        "bookings.Booking",
        models.DO_NOTHING,
        primary_key=True,
        db_constraint=False,
        related_name="search_terms",
    )
    day = models.DateField()
    terms = SearchVectorField()

    class Meta:
        indexes = [
            # Without its list of pending entries: it would have to be read by every search, and
            # merged by a reservation that happens to come when it is full.
            GinIndex(fields=["terms"], name="search_terms", fastupdate=False),
            models.Index(fields=["day", "booking"], name="search_by_day"),
        ]

    def __str__(self) -> str:
        return f"Search terms of booking {self.booking_id}"
