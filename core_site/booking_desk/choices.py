"""The choices made so far on the page of the desk, parsed from its form or its query string.

Parsing never fails: a malformed value counts as not chosen, and the page offers the choice again.
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

#: The years of the calendar; each of their months has one before and after it.
FIRST_YEAR, LAST_YEAR = 1970, 2999

#: In characters; no code, slot or search text is longer.
LONGEST_TEXT = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """The fields of the form that select what is sold; None or empty if not chosen."""

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
        """Return the quantity of each unit of the option, by unit code.

        When the quantities in the form are not those of this option, the first unit gets the
        option's minimum, at least 1, and the others 0.
        """
        first, *others = option.units
        if self.party_of != party_key(product, option):
            return {first.code: max(1, option.min_units)} | {unit.code: 0 for unit in others}
        return {unit.code: self.quantities.get(unit.code, 0) for unit in option.units}


def party_key(product: Product, option: Option) -> str:
    """Return a key of the option to which the quantities in the form belong."""
    return f"{product.code}/{option.code}"


def read_choices(data: Mapping[str, Any]) -> Choices:
    """Parse the form as it was sent; a month's button and a typed day override the other fields."""
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
    """Return the choices that select one departure, for the button on the departure's page."""
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
    """Return a text, cut to ``LONGEST_TEXT`` characters and normalised for a search."""
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
