"""The content of a letter of each kind about a booking, in the guest's language."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from core_site.messages.letters.formats import LetterFormats
from core_site.messages.letters.surroundings import Surroundings
from core_site.messages.letters.translations import SECTIONS, WORDING
from shared_domain import bookings
from shared_domain.availability import DepartureTimes
from shared_domain.contact_data import shown_on_one_line
from shared_domain.messages import LanguageChoice, MessageKind

#: Letters of these kinds carry the tickets.
_WITH_CODES = frozenset(
    {MessageKind.CONFIRMATION, MessageKind.CHANGE, MessageKind.MOVE, MessageKind.REMINDER}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """The texts of a letter, for the text and HTML templates; ``repr()`` shows none of them."""

    language: str
    subject: str
    greeting: str
    opening: str
    above: tuple[str, ...]
    words: str
    facts: tuple[tuple[str, str], ...]
    codes: tuple[tuple[str, str], ...]
    codes_title: str
    codes_hint: str
    closing: tuple[str, ...]
    below: tuple[str, ...]
    regards: str
    sender: tuple[str, ...]

    def __repr__(self) -> str:
        return f"Letter(language={self.language!r})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Additions:
    """Values that the cause of a letter adds: the former time of a move, a text, a subject.

    ``days_ahead`` is the number of days until the departure by the calendar of the place, which
    a reminder says.
    """

    before: DepartureTimes | None = None
    words: str = ""
    subject: str = ""
    days_ahead: int = 1


NO_ADDITIONS = Additions()


def build_letter(
    kind: MessageKind,
    booking: bookings.Booking,
    surroundings: Surroundings,
    choice: LanguageChoice,
    additions: Additions = NO_ADDITIONS,
) -> Letter:
    """Return the letter; what the supplier or the booking does not say is left out."""
    wording = WORDING[choice.language]
    frame, own = wording["frame"], wording[SECTIONS[kind]]
    product = shown_on_one_line(booking.product.internal_name)
    day = _name_day(additions.days_ahead) if kind is MessageKind.REMINDER else ""
    subject = own[f"subject{day}"].format(
        product=product, subject=shown_on_one_line(additions.subject)
    )
    if booking.test_mode:
        subject = frame["test"].format(subject=subject)
    name = booking.contact.greeting_name
    codes = tuple(_codes(booking, wording)) if kind in _WITH_CODES else ()
    writer = _LetterWriter(kind, booking, surroundings, choice, additions)
    return Letter(
        language=choice.language,
        subject=subject,
        greeting=frame["greeting"].format(name=name) if name else frame["greeting_without_name"],
        opening=own[f"opening{day}"].format(product=product),
        above=surroundings.above,
        words=additions.words,
        facts=tuple(writer.facts()),
        codes=codes,
        codes_title=wording["codes"]["title"],
        codes_hint=wording["codes"]["stay_valid" if kind is MessageKind.MOVE else "show"],
        closing=tuple(writer.closing()),
        below=surroundings.below,
        regards=frame["regards"],
        sender=tuple(_sender(surroundings)),
    )


def _name_day(days_ahead: int) -> str:
    """Return the end of the names of a reminder's texts for the day of its departure."""
    return {0: "_today", 1: ""}.get(days_ahead, "_another_day")


class _LetterWriter:
    """The parts of a letter that depend on its kind."""

    def __init__(
        self,
        kind: MessageKind,
        booking: bookings.Booking,
        surroundings: Surroundings,
        choice: LanguageChoice,
        additions: Additions,
    ) -> None:
        self._kind = kind
        self._booking = booking
        self._surroundings = surroundings
        self._additions = additions
        self._wording = WORDING[choice.language]
        self._formats = LetterFormats(choice)

    def facts(self) -> Iterator[tuple[str, str]]:
        labels = self._wording["facts"]
        booking, surroundings = self._booking, self._surroundings
        names = (booking.product.internal_name, booking.option.internal_name)
        yield labels["what"], ", ".join(dict.fromkeys(map(shown_on_one_line, names)))
        yield from self._times(labels)
        if self._kind is not MessageKind.CANCELLATION:
            if surroundings.meeting_point:
                yield labels["where"], surroundings.meeting_point
            if booking.pickup_hotel or booking.pickup_time:
                yield labels["pickup"], ", ".join(self._pickup())
            yield labels["party"], _party(booking)
            if surroundings.what_to_bring:
                yield labels["bring"], surroundings.what_to_bring
        yield labels["reference"], booking.supplier_reference
        yield from self._amounts(labels)

    def _pickup(self) -> Iterator[str]:
        if self._booking.pickup_time:
            yield self._formats.time_of_day(self._booking.pickup_time)
        if self._booking.pickup_hotel:
            yield shown_on_one_line(self._booking.pickup_hotel)

    def _times(self, labels: Mapping[str, str]) -> Iterator[tuple[str, str]]:
        booking, before = self._booking, self._additions.before
        if self._kind is MessageKind.MOVE and before is not None and booking.departure is not None:
            yield labels["before"], self._formats.before(before, booking.product)
            yield labels["after"], self._formats.after(booking.departure, booking.product)
            return
        label = "was_planned" if self._kind is MessageKind.CANCELLATION else "when"
        yield labels[label], self._formats.start(booking.departure, booking.product)

    def _amounts(self, labels: Mapping[str, str]) -> Iterator[tuple[str, str]]:
        """Yield what our own guests pay: those of a partner pay it, maybe at another price."""
        booking, surroundings = self._booking, self._surroundings
        is_for_travel = self._kind not in (MessageKind.CANCELLATION, MessageKind.NOTE)
        if not surroundings.is_direct or not is_for_travel:
            return
        currency = booking.price.currency
        yield labels["price"], self._formats.money(booking.price.retail_minor, currency)
        if surroundings.balance_minor:
            yield labels["balance"], self._formats.money(surroundings.balance_minor, currency)

    def closing(self) -> Iterator[str]:
        own = self._wording[SECTIONS[self._kind]]
        yield from self._refund(own)
        if self._kind is MessageKind.MOVE and self._clock_differs():
            yield own["clock_differs"]
        yield own["closing"]
        supplier = self._surroundings.supplier
        frame = self._wording["frame"]
        if not self._surroundings.is_direct:
            yield frame["reach_partner"]
        elif supplier is not None and supplier.telephone:
            yield frame["reach_by_telephone"].format(telephone=supplier.telephone)
        else:
            yield frame["reach"]

    def _refund(self, own: Mapping[str, str]) -> Iterator[str]:
        cancellation = self._booking.cancellation
        if self._kind is not MessageKind.CANCELLATION or cancellation is None:
            return
        # Of our own guests, the ledger knows what they have paid.
        is_direct = self._surroundings.is_direct
        refund = (
            self._surroundings.refund_minor if is_direct else cancellation.refunded.retail_minor
        )
        if refund:
            amount = self._formats.money(refund, self._booking.price.currency)
            yield own["refund_direct" if is_direct else "refund_partner"].format(amount=amount)

    def _clock_differs(self) -> bool:
        """True when the wall clock shows the same time as before and the moment is another."""
        before, departure = self._additions.before, self._booking.departure
        if before is None or departure is None or before.opening_hours:
            return False
        now_shown = (departure.local_date, departure.start_time, departure.fold)
        return before.wall_clock == now_shown and before.starts_at != departure.starts_at


def _party(booking: bookings.Booking) -> str:
    """Return who comes, in the order of the tickets: ``2 × Adult, 1 × Child``."""
    counts = Counter(shown_on_one_line(item.unit.internal_name) for item in booking.unit_items)
    return ", ".join(f"{count} × {name}" for name, count in counts.items())


def _codes(
    booking: bookings.Booking, wording: Mapping[str, Mapping[str, str]]
) -> Iterator[tuple[str, str]]:
    if booking.voucher_code:
        yield wording["codes"]["voucher"], booking.voucher_code
    for item in booking.unit_items:
        if item.ticket_code:
            yield shown_on_one_line(item.unit.internal_name), item.ticket_code


def _sender(surroundings: Surroundings) -> Iterator[str]:
    supplier = surroundings.supplier
    if supplier is not None:
        lines = (supplier.name, supplier.telephone, supplier.email, supplier.address)
        yield from (line for line in lines if line)
