"""Search bookings by uuid, code, reference, or the guest's e-mail address or last name.

Every way has an index of its own (see ``Booking.Meta``). They are asked one by one and not in one
WHERE with OR, so that PostgreSQL never walks the table instead; at most ``FOUND_AT_MOST`` hits
come back.
"""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from uuid import UUID

from django.db.models import QuerySet, Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Lower

from core_site.bookings.models import Booking, UnitItem
from core_site.partners.models import Partner
from shared_domain.contact_data import search_term

#: Hits of one search; who gets so many types another letter.
FOUND_AT_MOST = 1_000

#: Fewer letters than this would match most of the table.
SHORTEST_PREFIX = 2


def search_bookings(bookings: QuerySet[Booking], text: str, *, by_guest: bool) -> QuerySet[Booking]:
    """Return the bookings that match ``text``; names and contacts only with ``by_guest``.

    A uuid, a code or a reseller's reference must be whole; the beginning is enough for our own
    reference, an e-mail address and a last name, in capitals or not. Blanks around it, and other
    characters that cannot be seen, do not count.
    """
    wanted = search_term(text)
    if not wanted:
        return bookings
    found: set[int] = set()
    for way in _ways(wanted, by_guest=by_guest):
        found.update(way[: FOUND_AT_MOST - len(found)])
    return bookings.filter(pk__in=found)


def _ways(wanted: str, *, by_guest: bool) -> Iterator[QuerySet[Any]]:
    anything = Booking.objects.order_by().values_list("pk", flat=True)
    with suppress(ValueError):
        yield anything.filter(uuid=UUID(wanted))
    code = wanted.upper()
    yield anything.filter(voucher_code=code)
    yield UnitItem.objects.order_by().filter(ticket_code=code).values_list("booking_id", flat=True)
    # The index begins with the partner, so all of them are named: they are few.
    partners = list(Partner.objects.order_by().values_list("pk", flat=True))
    yield anything.filter(partner__in=partners, reseller_reference=wanted)
    if len(wanted) < SHORTEST_PREFIX:
        return
    yield anything.filter(supplier_reference__startswith=code)
    if by_guest:
        for key in ("emailAddress", "lastName"):
            of_guest = anything.alias(beginning=Lower(KeyTextTransform(key, "contact")))
            # PostgreSQL folds both sides, so that they are folded alike.
            yield of_guest.filter(beginning__startswith=Lower(Value(wanted)))
