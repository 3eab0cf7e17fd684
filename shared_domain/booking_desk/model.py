"""Sales at the booking desk, what an exemption lifts, and what a slot costs a party."""

from dataclasses import dataclass, replace
from datetime import datetime

from shared_domain import bookings
from shared_domain.availability import Departure, DepartureId
from shared_domain.booking_desk.errors import BoatFull, ExemptionReasonMissing
from shared_domain.bookings import Booking, Channel, ReservationRequest, SaleConditions
from shared_domain.catalog import MAX_CAPACITY, Option, Product
from shared_domain.contact_data import InvalidText, normalise_line
from shared_domain.money import Price
from shared_domain.partners import Access
from shared_domain.payments import Payment
from shared_domain.refusals import Refused

LONGEST_REASON = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Sale:
    """A sale by a staff user at the desk, as it was entered.

    ``reason`` is why the departure may be sold over its capacity or after its cut-off; None where
    the staff user does not request that, or has no permission to. ``payment`` is what the guest
    pays at once.
    """

    request: ReservationRequest
    channel: Channel
    is_confirmed: bool
    staff_user_id: int
    reason: str | None = None
    payment: Payment | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Exemption:
    """The exemption of a sale from the booking cut-off, from the departure's capacity, or both."""

    departure_id: DepartureId
    is_after_cutoff: bool
    capacity_before: int | None
    capacity_after: int | None

    @property
    def raises_capacity(self) -> bool:
        return self.capacity_before != self.capacity_after


@dataclass(frozen=True, slots=True)
class BoatLimit:
    """How many guests a departure's boats (resources with places) hold for it, and their names.

    What other departures take of the same boats at the same time is left out already. A boat has
    no more seats for a good reason, so no exemption goes beyond this.
    """

    places: int
    names: tuple[str, ...]

    def check(self, departure: Departure, *, places: int) -> None:
        """Check that the boats have room for ``places`` more guests of this departure.

        Raises:
            BoatFull: they have too few places left.
        """
        left = self.places - departure.reserved
        if places > left:
            raise BoatFull(self.names, left=max(0, left), places=places)


@dataclass(frozen=True, slots=True)
class Sold:
    """A booking that the desk made, and the exemption it needed, if any."""

    booking: Booking
    exemption: Exemption | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotQuote:
    """A slot (None: any day) for a party: its price, or why the service would refuse it now.

    Where ``is_exemptible``, a staff user with the permission may sell it all the same, for
    ``price``.
    """

    departure: Departure | None
    price: Price | None
    refusal: Refused | None = None
    is_exemptible: bool = False


def exemption_for(departure: Departure, *, places: int, now: datetime) -> Exemption | None:
    """Return the exemption that a sale of ``places`` needs now; None when it needs none.

    No exemption lifts a capacity above ``MAX_CAPACITY``: a sale that needs more places is refused.
    """
    needed = departure.reserved + places
    capacity = departure.capacity
    is_over = capacity is not None and capacity < needed <= MAX_CAPACITY
    is_after_cutoff = now >= departure.booking_cutoff_at
    if not (is_over or is_after_cutoff):
        return None
    return Exemption(
        departure_id=departure.id,
        is_after_cutoff=is_after_cutoff,
        capacity_before=capacity,
        capacity_after=needed if is_over else capacity,
    )


def quote_slot(
    request: ReservationRequest,
    *,
    product: Product,
    option: Option,
    departure: Departure | None,
    access: Access,
    now: datetime,
    boats: BoatLimit | None = None,
) -> SlotQuote:
    """Return the price of a confirmed sale of this slot, or its refusal; nothing is stored.

    ``boats`` limit what may be sold over capacity; None where the departure has none.
    """

    def price(slot: Departure | None, conditions: SaleConditions) -> Price:
        held = bookings.hold(
            request,
            product=product,
            option=option,
            departure=slot,
            access=access,
            max_hold_minutes=1,
            now=now,
            conditions=conditions,
        )
        return held.price

    try:
        return SlotQuote(departure=departure, price=price(departure, SaleConditions()))
    except Refused as refused:
        refusal = refused
    if departure is None:
        return SlotQuote(departure=None, price=None, refusal=refusal)
    places = count_places(option, request)
    exemption = exemption_for(departure, places=places, now=now)
    if exemption is None:
        return SlotQuote(departure=departure, price=None, refusal=refusal)
    roomy = replace(departure, capacity=exemption.capacity_after)
    try:
        exempt_price = price(roomy, SaleConditions(ignores_cutoff=True))
    except Refused:
        return SlotQuote(departure=departure, price=None, refusal=refusal)
    try:
        if boats is not None:
            boats.check(departure, places=places)
    except BoatFull as full:
        return SlotQuote(departure=departure, price=None, refusal=full)
    return SlotQuote(departure=departure, price=exempt_price, refusal=refusal, is_exemptible=True)


def count_places(option: Option, request: ReservationRequest) -> int:
    """Return how many places the tickets of a request take.

    Raises:
        UnitNotFound: the option has no such unit.
    """
    return sum(option.unit(item.unit_code).pax_count for item in request.unit_items or ())


def normalise_reason(text: str) -> str:
    """Return the reason of an exemption on one line.

    Raises:
        ExemptionReasonMissing: it is blank, or longer than ``LONGEST_REASON``.
    """
    try:
        reason = normalise_line(text, longest=LONGEST_REASON)
    except InvalidText:
        reason = ""
    if not reason:
        raise ExemptionReasonMissing
    return reason
