"""What a letter needs beside the booking: who we are, where guests meet, notes, the balance."""

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
    """``balance_minor`` is what the guest still owes us, ``refund_minor`` what we owe the guest.

    Both are 0 where a partner takes the money.
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
    """Return what a letter about a stored booking needs, in its language where it was written."""
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
    """Return the supplier's part of a letter on a product; None for one that is invented.

    ``typed`` is a note of this letter that is maybe not saved yet; it stands for its saved self.
    """
    infos = {
        info.language: info
        for info in ArrivalInfo.objects.filter(
            product=product_id, language__in=(language, LANGUAGES[0])
        )
    }
    info = infos.get(language) or infos.get(LANGUAGES[0])
    place = ""
    if product_id is not None and (info is None or not info.meeting_point):
        place = Product.objects.filter(pk=product_id).values_list("place", flat=True).first() or ""
    notes = list(
        HouseNote.objects.filter(
            Q(product=None) | Q(product=product_id), kind__in=("", kind.value), language=language
        )
    )
    if typed is not None:
        notes = [*(note for note in notes if note.pk != typed.pk), typed]
    # From the general to the particular; of each there is one.
    notes.sort(key=lambda note: (note.product_id is not None, note.kind != ""))
    return Surroundings(
        supplier=Supplier.objects.first(),
        meeting_point=(info.meeting_point if info else "") or place,
        what_to_bring=info.what_to_bring if info else "",
        above=tuple(note.above for note in notes if note.above),
        below=tuple(note.below for note in notes if note.below),
    )
