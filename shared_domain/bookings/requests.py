"""Requests to the booking services: a reservation, a change, and the filter of a search.

A request holds its texts as they were sent. The services store them in their normal form
(``normalise``), and recognise a repeated request by it.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from enum import Enum
from typing import Any, Final
from uuid import UUID

from shared_domain.bookings.codes import parse_reference
from shared_domain.bookings.contact import ContactChange, normalise_contact, normalise_text
from shared_domain.bookings.errors import TextPath
from shared_domain.contact_data import normalise_line, normalise_note, normalise_time
from shared_domain.partners import Access

#: Source: OCTO, POST /bookings: "default 30".
DEFAULT_HOLD_MINUTES = 30


#: Texts that a partner sends with a booking, each stored in the attribute and column of its name,
#: and the rule of ``contact_data`` that brings it into its normal form. The time of the pick-up is
#: for staff to say: partners read it.
PARTNER_TEXTS: Mapping[str, Callable[[str], str]] = {
    "notes": normalise_note,
    "reseller_reference": normalise_line,
    "pickup_hotel": normalise_line,
    "pickup_time": normalise_time,
}

#: The texts that every fingerprint covers. Those that were added later count only when they were
#: sent, so that a repeat of a request from before is still known.
_FIRST_TEXTS = frozenset({"notes", "reseller_reference"})


class Unset(Enum):
    """The value of a field that was not sent, where None is a value of its own."""

    UNSET = "unset"


UNSET: Final = Unset.UNSET


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitItemRequest:
    """One requested ticket; in a change, the ``uuid`` of a booked ticket stands for that ticket."""

    unit_code: str
    uuid: UUID | None = None
    reseller_reference: str | Unset | None = UNSET
    contact: ContactChange = field(default_factory=dict)

    def normalise(self, ticket: int) -> "UnitItemRequest":
        """Return the request with its texts in normal form; ``ticket`` is its position.

        Raises:
            InvalidDetails: a text is not what its field takes.
        """
        return replace(
            self,
            reseller_reference=_reference(self.reseller_reference, ticket),
            contact=normalise_contact(self.contact, ticket=ticket),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ReservationRequest:
    """A request for a reservation, as it was sent; ``unit_items`` is None when it was left out."""

    product_code: str
    option_code: str
    availability_id: str | None
    unit_items: tuple[UnitItemRequest, ...] | None
    uuid: UUID | None = None
    expiration_minutes: int | None = None
    contact: ContactChange = field(default_factory=dict)
    notes: str | None = None
    reseller_reference: str | None = None
    pickup_hotel: str | None = None
    pickup_time: str | None = None
    email_receipt: bool = False
    currency: str | None = None
    user_id: UUID | None = None

    def normalise(self) -> "ReservationRequest":
        """Return the reservation with its texts in normal form.

        Raises:
            InvalidDetails: a text is not what its field takes.
        """
        return replace(
            self,
            unit_items=_normalise_items(self.unit_items),
            contact=normalise_contact(self.contact),
            **_normalise_texts({name: getattr(self, name) for name in PARTNER_TEXTS}),
        )

    def fingerprint(self, access: Access) -> bytes:
        """Return the SHA-256 of the content, which a repeat of the request has in common with it.

        Texts with the same normal form count as equal.

        Raises:
            InvalidDetails: a text is not what its field takes.
        """
        return self.normalise()._digest(access)

    def matches_fingerprint(self, fingerprint: bytes, access: Access) -> bool:
        """Return whether the reservation with this fingerprint had the same content.

        The fingerprint of the texts as they were sent counts as well: earlier releases stored that
        one, since they did not normalise texts.

        Raises:
            InvalidDetails: a text is not what its field takes.
        """
        return fingerprint in (self.fingerprint(access), self._digest(access))

    def _digest(self, access: Access) -> bytes:
        content = _without_unsent(asdict(self)) | {"test_mode": access.test_mode}
        content["expiration_minutes"] = self.expiration_minutes or DEFAULT_HOLD_MINUTES
        # What was sent empty and what was not sent at all make the same booking.
        content["contact"] = _filled_in(self.contact)
        for content_item, item in zip(
            content["unit_items"] or (), self.unit_items or (), strict=True
        ):
            content_item["contact"] = _filled_in(item.contact)
            if isinstance(item.reseller_reference, Unset):
                content_item["reseller_reference"] = None
        text = json.dumps(content, default=str, sort_keys=True)
        return hashlib.sha256(text.encode()).digest()


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingChange:
    """A request to change a booking, with its confirmation or later; fields left out stay."""

    product_code: str | None = None
    option_code: str | None = None
    availability_id: str | None = None
    unit_items: tuple[UnitItemRequest, ...] | None = None
    contact: ContactChange = field(default_factory=dict)
    notes: str | Unset | None = UNSET
    reseller_reference: str | Unset | None = UNSET
    pickup_hotel: str | Unset | None = UNSET
    pickup_time: str | Unset | None = UNSET
    email_receipt: bool | None = None
    expiration_minutes: int | None = None
    currency: str | None = None
    user_id: UUID | Unset | None = UNSET

    def normalise(self) -> "BookingChange":
        """Return the change with its texts in normal form.

        Raises:
            InvalidDetails: a text is not what its field takes.
        """
        return replace(
            self,
            unit_items=_normalise_items(self.unit_items),
            contact=normalise_contact(self.contact),
            **_normalise_texts(self.sent_texts()),
        )

    def sent_texts(self) -> dict[str, Any]:
        """Return the ``PARTNER_TEXTS`` that were sent, by name; None clears one."""
        sent = {name: getattr(self, name) for name in PARTNER_TEXTS}
        return {name: text for name, text in sent.items() if text is not UNSET}

    @property
    def moves_places(self) -> bool:
        """True when it names a product, slot, tickets or currency, even those of the booking."""
        return not (
            self.product_code is None
            and self.option_code is None
            and self.availability_id is None
            and self.unit_items is None
            and self.currency is None
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingFilter:
    """Conditions of a search that must all be met; travel dates are local and inclusive."""

    reseller_reference: str | None = None
    supplier_reference: str | None = None
    first_date: date | None = None
    last_date: date | None = None
    product_code: str | None = None
    option_code: str | None = None

    def parameters(self) -> Mapping[str, object]:
        """Return the conditions of the search by name, for its SQL statement.

        A partner's reference is searched for in its normal form, and as it was sent: earlier
        releases did not normalise it. Ours is found however it is written: ``pt 7q4m 2k9x ra``.

        Raises:
            InvalidDetails: the reference is not what its field takes.
        """
        sent = self.reseller_reference
        normal = normalise_text(normalise_line, sent, path=TextPath("reseller_reference"))
        path = TextPath("supplier_reference")
        ours = normalise_text(normalise_line, self.supplier_reference, path=path)
        reference, ticket = parse_reference(ours or "") or (ours, None)
        return asdict(self) | {
            "reseller_reference": normal or sent,
            "reference_as_sent": sent,
            # A ticket's reference is none of a booking.
            "supplier_reference": reference if ticket is None else ours,
        }


def _without_unsent(content: dict[str, Any]) -> dict[str, Any]:
    """Return the content of a request without the fields added later that it does not set."""
    later = {*PARTNER_TEXTS, "user_id"} - _FIRST_TEXTS
    unsent = {name for name in later if content[name] in (None, UNSET)}
    return {name: value for name, value in content.items() if name not in unsent}


def _normalise_texts(texts: Mapping[str, str | None]) -> dict[str, Any]:
    """Return ``PARTNER_TEXTS`` in normal form, None for what is blank.

    Raises:
        InvalidDetails: a text is not what its field takes.
    """
    return {
        name: normalise_text(PARTNER_TEXTS[name], text, path=TextPath(name))
        for name, text in texts.items()
    }


def _normalise_items(
    items: tuple[UnitItemRequest, ...] | None,
) -> tuple[UnitItemRequest, ...] | None:
    if items is None:
        return None
    return tuple(item.normalise(ticket) for ticket, item in enumerate(items))


def _reference(sent: str | Unset | None, ticket: int) -> str | Unset | None:
    if isinstance(sent, Unset):
        return sent
    return normalise_text(normalise_line, sent, path=TextPath("reseller_reference", ticket))


def _filled_in(contact: ContactChange) -> dict[str, object]:
    return {name: value for name, value in contact.items() if value}
