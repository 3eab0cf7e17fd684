"""Guests of a disruption whom no mail reaches, since their bookings have no e-mail address."""

from django.db.models import QuerySet, TextField, Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce

from core_site.disruptions.models import DisruptedBooking
from shared_domain.disruptions import LineOutcome, Notice

#: What the report's filter calls them, beside the outcomes of lines.
NO_ADDRESS = "NO_ADDRESS"

NO_ADDRESS_WORDS = "No e-mail address"


def find_untold(lines: QuerySet[DisruptedBooking]) -> QuerySet[DisruptedBooking]:
    """Return those of the lines whose guests were promised the departure and have no address.

    Holds are not among them, of which no guest was told. An address that is added later counts.
    """
    carried_out = lines.filter(outcome=LineOutcome.DONE.value, notice=Notice.NONE.value)
    promised = carried_out.filter(booking__confirmed_at__isnull=False, booking__test_mode=False)
    # The address is absent, null, or empty.
    address = Coalesce(
        KeyTextTransform("emailAddress", "booking__contact"), Value(""), output_field=TextField()
    )
    return promised.alias(address=address).filter(address="")
