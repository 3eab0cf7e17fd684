"""What a partner asks for, before anybody has said yes: reservations and changes."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from enum import Enum
from typing import Final
from uuid import UUID

from shared_domain.bookings.contact import ContactChange
from shared_domain.bookings.model import DEFAULT_HOLD_MINUTES


class Unset(Enum):
    """Tells "not sent" from None, where None is a value of its own."""

    UNSET = "unset"


UNSET: Final = Unset.UNSET


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemWish:
    """One ticket asked for; a ``uuid`` that the booking has means that very ticket."""

    unit_code: str
    uuid: UUID | None = None
    reseller_reference: str | Unset | None = UNSET
    contact: ContactChange = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservation:
    """``POST /bookings`` as sent. ``unit_items`` is None when it was left out."""

    product_code: str
    option_code: str
    availability_id: str | None
    unit_items: tuple[ItemWish, ...] | None
    uuid: UUID | None = None
    expiration_minutes: int | None = None
    contact: ContactChange = field(default_factory=dict)
    notes: str | None = None
    reseller_reference: str | None = None
    email_receipt: bool = False
    currency: str | None = None
    test_mode: bool = False

    def fingerprint(self) -> bytes:
        """Return the SHA-256 of the content, by which a repeat is told from another request."""
        content = asdict(self)
        content["expiration_minutes"] = self.expiration_minutes or DEFAULT_HOLD_MINUTES
        # What was sent empty and what was not sent at all make the same booking.
        content["contact"] = _filled_in(self.contact)
        for item, wish in zip(content["unit_items"] or (), self.unit_items or (), strict=True):
            item["contact"] = _filled_in(wish.contact)
            if isinstance(wish.reseller_reference, Unset):
                item["reseller_reference"] = None
        text = json.dumps(content, default=str, sort_keys=True)
        return hashlib.sha256(text.encode()).digest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What confirm and PATCH may change; whatever is left out stays as it is."""

    product_code: str | None = None
    option_code: str | None = None
    availability_id: str | None = None
    unit_items: tuple[ItemWish, ...] | None = None
    contact: ContactChange = field(default_factory=dict)
    notes: str | Unset | None = UNSET
    reseller_reference: str | Unset | None = UNSET
    email_receipt: bool | None = None
    expiration_minutes: int | None = None

    @property
    def moves_places(self) -> bool:
        """True when it names a slot or a list of tickets, the same ones or others."""
        return not (
            self.product_code is None
            and self.option_code is None
            and self.availability_id is None
            and self.unit_items is None
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """``GET /bookings``: everything given must match; travel dates are local and inclusive."""

    reseller_reference: str | None = None
    supplier_reference: str | None = None
    first_date: date | None = None
    last_date: date | None = None
    product_code: str | None = None
    option_code: str | None = None

    def parameters(self) -> Mapping[str, str | date | None]:
        return asdict(self)


def _filled_in(contact: ContactChange) -> dict[str, object]:
    return {name: value for name, value in contact.items() if value}
