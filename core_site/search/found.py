"""The results of a search: bookings, products, partners and pages of the admin."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.db.models import F, Func, Model, TextField, Value
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from core_site import stores
from core_site.bookings.admin_columns import (
    STATUS_COLOURS,
    current_status,
    format_contact_name,
    travels_at,
)
from core_site.bookings.models import Booking, UnitItem
from core_site.catalog.models import Product
from core_site.config.sidebar import navigation
from core_site.partners.models import Partner
from core_site.personal_data import may_see_personal_data
from shared_domain import search
from shared_domain.run_now import run_now
from shared_domain.search import Search

#: Products, partners and pages of each kind at most: they stand below the bookings.
OTHERS_AT_MOST = 4

#: Tickets of the found bookings in which a holder is looked for.
TICKETS_READ = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundBooking:
    row: Booking
    status: str
    status_colour: str
    #: The lead guest, and the holder of a ticket where the search means one; "" when not shown.
    guest: str
    holder: str
    #: The e-mail address or telephone number when it is what was asked for.
    contact: str
    travels_at: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundPage:
    """A result that is no booking: a product, a partner, or a page of the sidebar."""

    kind: str
    icon: str
    title: str
    url: str


def find_bookings(request: HttpRequest, wanted: Search, *, most: int) -> list[FoundBooking]:
    """Return the bookings that match a search, best first; guests only if the user may see them."""
    with_guests = may_see_personal_data(request)
    ids = run_now(
        search.find_bookings(
            wanted,
            with_guests=with_guests,
            now=timezone.now(),
            most=most,
            store=stores.search(),
        )
    )
    rows = (
        Booking.objects.select_related("product", "option", "departure__option__product", "partner")
        .defer("reservation_fingerprint", "taxes", "carried_out")
        .in_bulk(ids)
    )
    # A booking cannot go, but a page must not fail if one does.
    bookings = [rows[booking_id] for booking_id in ids if booking_id in rows]
    holders = _find_holders(bookings, wanted) if with_guests else {}
    return [
        _show(row, wanted, holder=holders.get(row.pk, ""), with_guests=with_guests)
        for row in bookings
    ]


def find_pages(request: HttpRequest, wanted: Search) -> Iterator[FoundPage]:
    """Yield the products, partners and pages whose name holds the text and the user may see."""
    if request.user.has_perm("catalog.view_product"):
        for product in _by_name(Product, wanted):
            url = reverse("admin:catalog_product_change", args=[product.pk])
            yield FoundPage(kind="Product", icon="kayaking", title=str(product), url=url)
    if request.user.has_perm("partners.view_partner"):
        for partner in _by_name(Partner, wanted, "name"):
            url = reverse("admin:partners_partner_change", args=[partner.pk])
            yield FoundPage(kind="Partner", icon="handshake", title=str(partner), url=url)
    text = wanted.text.casefold()
    pages = [page for group in navigation(request) for page in group["items"]]
    named = [page for page in pages if text in page["title"].casefold()]
    for page in named[:OTHERS_AT_MOST]:
        yield FoundPage(kind="Page", icon=page["icon"], title=page["title"], url=page["link"])


def _by_name(model: type[Model], wanted: Search, column: str = "internal_name") -> Sequence[Model]:
    """Return rows of a small table whose name holds the text, without accents and case."""
    rows = model._default_manager.annotate(
        folded=Func(F(column), function="search_fold", output_field=TextField()),
        wanted=Func(Value(wanted.text), function="search_fold", output_field=TextField()),
    )
    return list(rows.filter(folded__contains=F("wanted")).order_by(column)[:OTHERS_AT_MOST])


def _show(row: Booking, wanted: Search, *, holder: str, with_guests: bool) -> FoundBooking:
    status = current_status(row)
    contact = ""
    if with_guests and wanted.telephones:
        contact = row.contact.get("phoneNumber") or ""
    elif with_guests and "@" in wanted.text:
        contact = row.contact.get("emailAddress") or ""
    return FoundBooking(
        row=row,
        status=status,
        status_colour=STATUS_COLOURS[status],
        guest=format_contact_name(row.contact) if with_guests else "",
        holder=holder,
        contact=contact,
        travels_at=travels_at(row),
        url=reverse("admin:bookings_booking_change", args=[row.pk]),
    )


def _find_holders(bookings: Sequence[Booking], wanted: Search) -> dict[int, str]:
    """Return the ticket holders that a search means, of bookings whose lead guest it does not."""
    words = search.fold_words(wanted.text)
    unexplained = [
        row.pk for row in bookings if not _has_words(format_contact_name(row.contact), words)
    ]
    if not words or not unexplained:
        return {}
    items = UnitItem.objects.filter(booking__in=unexplained).exclude(contact={})
    holders: dict[int, str] = {}
    for item in items.only("booking_id", "contact")[:TICKETS_READ]:
        name = format_contact_name(item.contact)
        if _has_words(name, words):
            holders.setdefault(item.booking_id, name)
    return holders


def _has_words(name: str, words: Sequence[str]) -> bool:
    own = search.fold_words(name)
    return all(any(part.startswith(word) for part in own) for word in words)
