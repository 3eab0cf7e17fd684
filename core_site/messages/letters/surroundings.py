"""The data of a letter beside its booking: supplier, meeting point, notes and balance."""

from dataclasses import dataclass, replace

from django.db.models import Q
from django.utils import timezone

from core_site import stores
from core_site.catalog.models import Product, Supplier
from core_site.messages.models import ArrivalInfo, HouseNote
from core_site.partners.models import Partner
from shared_domain import bookings, payments
from shared_domain.messages import LANGUAGES, MessageKind
from shared_domain.partners import PartnerKind
from shared_domain.run_now import run_now


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """The data of a letter beside its booking.

    ``balance_minor`` is what the guest still owes the supplier, ``refund_minor`` what the supplier
    owes the guest. Both are 0 if the guest pays a reseller.
    """

    supplier: Supplier | None
    meeting_point: str = ""
    what_to_bring: str = ""
    above: tuple[str, ...] = ()
    below: tuple[str, ...] = ()
    is_direct: bool = False
    balance_minor: int = 0
    refund_minor: int = 0


def load_surroundings(booking: bookings.Booking, kind: MessageKind, language: str) -> Surroundings:
    """Return the data of a letter about a stored booking; notes in its language only."""
    is_direct = Partner.objects.filter(
        pk=booking.partner_id, kind=PartnerKind.DIRECT.value
    ).exists()
    supplier_words = load_supplier_words(int(booking.product.id), kind, language)
    if not is_direct or booking.id is None:
        return supplier_words
    now, store = timezone.now(), stores.payments()
    balance = run_now(payments.balances([booking.id], now=now, store=store))[booking.id]
    return replace(
        supplier_words,
        is_direct=True,
        balance_minor=balance.due_minor,
        refund_minor=balance.refund_due_minor,
    )


def load_supplier_words(
    product_id: int | None, kind: MessageKind, language: str, *, typed: HouseNote | None = None
) -> Surroundings:
    """Return the supplier's part of a letter; ``product_id`` is None for an invented product.

    ``typed`` is a note as it was typed into a form; it replaces the stored one, if there is one.
    """
    infos = {
        info.language: info
        for info in ArrivalInfo.objects.filter(
            product=product_id, language__in=(language, LANGUAGES[0])
        )
    }
    # What one language does not say, the other one may.
    known = [infos[name] for name in dict.fromkeys((language, LANGUAGES[0])) if name in infos]
    meeting_point = next((info.meeting_point for info in known if info.meeting_point), "")
    if product_id is not None and not meeting_point:
        places = Product.objects.filter(pk=product_id).values_list("place", flat=True)
        meeting_point = places.first() or ""
    notes = list(
        HouseNote.objects.filter(
            Q(product=None) | Q(product=product_id), kind__in=("", kind.value), language=language
        )
    )
    if typed is not None:
        notes = [*(note for note in notes if note.pk != typed.pk), typed]
    # From the general note to the specific one; there is one of each.
    notes.sort(key=lambda note: (note.product_id is not None, note.kind != ""))
    return Surroundings(
        supplier=Supplier.objects.first(),
        meeting_point=meeting_point,
        what_to_bring=next((info.what_to_bring for info in known if info.what_to_bring), ""),
        above=tuple(note.above for note in notes if note.above),
        below=tuple(note.below for note in notes if note.below),
    )
