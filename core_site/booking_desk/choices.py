"""What a staff user has chosen so far on the page of the desk, read from the form or the address.

Nothing here refuses: what cannot be read counts as not chosen, and the page asks again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID, uuid4

from core_site.catalog.models import Departure
from shared_domain.catalog import MAX_TICKETS, Option, Product
from shared_domain.contact_data import search_term

#: The slot of a ticket without a date.
ANY_DAY = "any"

#: Years that the calendar turns to; the ones beside them still have a month before and after.
FIRST_YEAR, LAST_YEAR = 1970, 2999

#: No code, slot or text that is looked for is longer.
LONGEST_TEXT = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """The fields of the form that narrow what is sold, each as sent or empty."""

    seller: int | None = None
    search: str = ""
    product: str = ""
    option: str = ""
    month: date | None = None
    day: date | None = None
    slot: str = ""
    currency: str = ""
    party_of: str = ""
    quantities: Mapping[str, int]
    uuid: UUID

    def read_quantities(self, product: Product, option: Option) -> dict[str, int]:
        """Return how many of each unit; as few of the first as may be sold when none was typed."""
        first, *others = option.units
        if self.party_of != party_key(product, option):
            return {first.code: max(1, option.min_units)} | {unit.code: 0 for unit in others}
        return {unit.code: self.quantities.get(unit.code, 0) for unit in option.units}


def party_key(product: Product, option: Option) -> str:
    """Return what tells the units of one option from those of another."""
    return f"{product.code}/{option.code}"


def read_choices(data: Mapping[str, Any]) -> Choices:
    """Read the form as it was sent: the buttons of the months and a typed day win over the rest."""
    day = _day(data.get("jump")) or _day(data.get("day"))
    month = _day(f"{data.get('go') or ''}-01")
    if month is None:
        month = day and day.replace(day=1)
    elif day is not None and (day.year, day.month) != (month.year, month.month):
        day = None
    return Choices(
        seller=_number(data.get("seller")),
        search=_text(data.get("q")),
        product=_text(data.get("product")),
        option=_text(data.get("option")),
        month=month or _day(f"{data.get('month') or ''}-01"),
        day=day,
        slot=_text(data.get("slot")),
        currency=_text(data.get("currency")),
        party_of=_text(data.get("party_of")),
        quantities={
            name.removeprefix("unit."): min(_number(data.get(name)) or 0, MAX_TICKETS)
            for name in data
            if name.startswith("unit.")
        },
        uuid=_uuid(data.get("uuid")) or uuid4(),
    )


def choose_departure(departure: Departure) -> Choices:
    """Return the choices that lead to one departure, as its page does."""
    return Choices(
        product=departure.option.product.code,
        option=departure.option.code,
        month=departure.local_date.replace(day=1),
        day=departure.local_date,
        slot=departure.availability_id,
        quantities={},
        uuid=uuid4(),
    )


def _text(text: object) -> str:
    """Return a text that can be looked up, without what no keyboard types."""
    return search_term(str(text or "")[:LONGEST_TEXT])


def _day(text: object) -> date | None:
    try:
        day = date.fromisoformat(str(text or ""))
    except ValueError:
        return None
    return day if FIRST_YEAR <= day.year <= LAST_YEAR else None


def _number(text: object) -> int | None:
    digits = str(text or "").strip()
    return int(digits) if digits.isdecimal() and len(digits) <= 18 else None


def _uuid(text: object) -> UUID | None:
    try:
        return UUID(str(text or ""))
    except ValueError:
        return None
