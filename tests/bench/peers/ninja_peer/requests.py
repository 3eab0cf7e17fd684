"""Schemas of requests, with the keys of OCTO."""

from datetime import date
from typing import Annotated, Any

from ninja import Schema
from pydantic import ConfigDict, Field
from pydantic.alias_generators import to_camel


class Question(Schema):
    model_config = ConfigDict(alias_generator=to_camel)


class CalendarQuestion(Question):
    product_id: str
    option_id: str
    local_date_start: date
    local_date_end: date


class WantedItem(Question):
    unit_id: str


class WantedContact(Question):
    full_name: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    email_address: str | None = None
    phone_number: str | None = None
    postal_code: str | None = None
    country: str | None = None
    locales: list[str] = []
    notes: str | None = None


class Reservation(Question):
    product_id: str
    option_id: str
    availability_id: str
    unit_items: list[WantedItem]
    expiration_minutes: Annotated[int, Field(ge=1)] | None = None
    contact: WantedContact = WantedContact()
    notes: str | None = None
    reseller_reference: str | None = None
    email_receipt: bool = False

    def as_columns(self) -> dict[str, Any]:
        return {
            "product_code": self.product_id,
            "option_code": self.option_id,
            "availability_id": self.availability_id,
            "unit_codes": [item.unit_id for item in self.unit_items],
            "expiration_minutes": self.expiration_minutes,
            "contact": self.contact.model_dump(by_alias=True, exclude_unset=True),
            "notes": self.notes,
            "reseller_reference": self.reseller_reference,
            "email_receipt": self.email_receipt,
        }
