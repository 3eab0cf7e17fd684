"""What the demo's supplier tells its guests, in three languages: notes, meeting points, a log."""

from datetime import datetime, timedelta

from django.db.models import Q

from core_site.bookings.models import Booking
from core_site.catalog.models import Departure, Product
from core_site.messages.letters.translations import WORDING
from core_site.messages.models import ArrivalInfo, HouseNote, Message
from shared_domain.messages import (
    MessageKind,
    MessageOutcome,
    MessageReason,
    choose_language,
    reminder_due_at,
)
from shared_domain.partners import PartnerKind
from shared_domain.time_zones import zone

#: The log goes back so far.
DAYS_LOGGED = timedelta(days=21)

#: By product and language: where guests meet, and what they bring.
ARRIVALS = {
    "tejo-sunset-sail": {
        "en": ("Doca de Santo Amaro, pontoon 3, under the bridge", "a jacket, soft-soled shoes"),
        "de": ("Doca de Santo Amaro, Steg 3, unter der Brücke", "eine Jacke, weiche Sohlen"),
        "pt": ("Doca de Santo Amaro, pontão 3, debaixo da ponte", "um casaco, sola macia"),
    },
    "alfama-walk": {
        "en": ("Largo do Chafariz de Dentro, by the fountain", "comfortable shoes, water"),
        "de": ("Largo do Chafariz de Dentro, am Brunnen", "bequeme Schuhe, Wasser"),
        "pt": ("Largo do Chafariz de Dentro, junto ao chafariz", "calçado confortável, água"),
    },
    "river-kayak": {
        "en": ("The wooden jetty behind the boathouse", "a towel, dry clothes, sun cream"),
        "de": ("Holzsteg hinter dem Bootshaus", "ein Handtuch, trockene Kleidung, Sonnencreme"),
        "pt": ("O cais de madeira atrás da casa dos barcos", "toalha, roupa seca, protetor solar"),
    },
}  # fmt: skip

#: Under each reminder.
WEATHER = {
    "en": "If the weather turns bad, we write to you by 8 in the morning.",
    "de": "Bei schlechtem Wetter schreiben wir Ihnen bis 8 Uhr morgens.",
    "pt": "Se o tempo piorar, escrevemos-lhe até às 8 da manhã.",
}


def load_messages(*, now: datetime) -> None:
    """Write the supplier's notes, and the log of what the worker has sent in the last weeks."""
    products = Product.objects.in_bulk(list(ARRIVALS), field_name="code")
    ArrivalInfo.objects.bulk_create(
        ArrivalInfo(
            product=products[code], language=language, meeting_point=place, what_to_bring=things
        )
        for code, texts in ARRIVALS.items()
        for language, (place, things) in texts.items()
    )
    HouseNote.objects.bulk_create(
        HouseNote(kind=MessageKind.REMINDER.value, language=language, below=text)
        for language, text in WEATHER.items()
    )
    Message.objects.bulk_create(_log(now=now))


def _log(*, now: datetime) -> list[Message]:
    sent = Booking.objects.filter(tickets_sent_at__range=(now - DAYS_LOGGED, now))
    rows = [
        _message(booking, MessageKind.CONFIRMATION, booking.tickets_sent_at or now)
        for booking in sent.select_related("product").order_by("tickets_sent_at", "id")
    ]
    live = [row for row in rows if row.outcome == MessageOutcome.SENT.value]
    for row in live[-2:]:
        # A mailbox that is full, and one that is gone.
        row.outcome, row.reason = MessageOutcome.REFUSED.value, MessageReason.RECIPIENT.value
        row.attempts = 9
    leaving = Departure.objects.filter(starts_at__range=(now - timedelta(days=3), now))
    reminded = Booking.objects.filter(
        Q(email_receipt=True) | Q(partner__kind=PartnerKind.DIRECT.value),
        departure__in=leaving,
        status__in=("CONFIRMED", "REDEEMED"),
    )
    for booking in reminded.select_related("product", "departure").order_by("id"):
        if booking.departure is not None:
            day = booking.departure.local_date
            at = reminder_due_at(day, zone(booking.product.time_zone))
            rows.append(_message(booking, MessageKind.REMINDER, at, cause=f"travel on {day}"))
    return sorted((row for row in rows if row.recipient), key=lambda row: row.stands_since)


def _message(
    booking: Booking, kind: MessageKind, at: datetime, *, cause: str | None = None
) -> Message:
    language = choose_language(booking.contact.get("locales", ())).language
    subject = WORDING[language][kind.name.lower()]["subject"]
    name = booking.product.internal_name
    outcome = MessageOutcome.KEPT if booking.test_mode else MessageOutcome.SENT
    return Message(
        booking=booking,
        partner_id=booking.partner_id,
        test_mode=booking.test_mode,
        kind=kind.value,
        outcome=outcome.value,
        stands_since=at,
        owed_at=at,
        cause=cause,
        language=language,
        recipient=booking.contact.get("emailAddress") or "",
        subject=subject.format(product=name),
    )
