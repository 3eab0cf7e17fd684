"""Request and response models of availability: slots and calendar days."""

from datetime import date
from typing import Annotated, Any, Self

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from api_edge.http.strict_models import (
    Currency,
    DateText,
    Identifier,
    LocalDate,
    LocalMoment,
    Quantity,
    RequestModel,
    ResponseModel,
    TimeOfDay,
    UtcMoment,
    capability_field,
    field_error,
)
from api_edge.octo.schemas.date_ranges import check_both_ends
from api_edge.octo.schemas.pricing import EXAMPLE_PRICE, Pricing, PricingOfUnit
from shared_domain.availability import AvailabilityStatus

MOST_KINDS_OF_UNIT = 100
MOST_AVAILABILITY_IDS = 100


class UnitQuantity(RequestModel):
    """A number of one unit in the party."""

    id: Identifier = Field(description="A unit of the option.")
    quantity: Quantity


class OptionRequest(RequestModel):
    """The fields that both availability requests have."""

    product_id: Identifier
    option_id: Identifier
    units: Annotated[list[UnitQuantity], Field(max_length=MOST_KINDS_OF_UNIT)] | None = Field(
        default=None,
        description="Answer for this party: a slot that cannot take it is SOLD_OUT. Without it, "
        "for the smallest party that the option sells to.",
    )
    currency: Currency | None = Field(
        default=None,
        description="octo/pricing: one of the product's availableCurrencies. Without it the "
        "default currency, or the first other one on dates that it has no price for.",
    )

    @property
    def party(self) -> tuple[tuple[str, int], ...] | None:
        """The units as pairs of id and quantity; None without units, also for an empty list."""
        if not self.units:
            return None
        return tuple((unit.id, unit.quantity) for unit in self.units)


class CalendarRequest(OptionRequest):
    """A request for the calendar of an option, over a range of dates of up to a year."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "productId": "river-kayak",
                    "optionId": "DEFAULT",
                    "localDateStart": "2026-07-01",
                    "localDateEnd": "2026-07-31",
                    "units": [{"id": "adult", "quantity": 2}],
                }
            ]
        }
    )

    local_date_start: LocalDate = Field(description="First date, included.")
    local_date_end: LocalDate = Field(description="Last date, included; at most a year later.")

    @property
    def dates(self) -> tuple[date, date]:
        return self.local_date_start, self.local_date_end


class AvailabilityRequest(OptionRequest):
    """A request for the slots of an option: on one date, in a range of dates, or by their ids."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "productId": "river-kayak",
                    "optionId": "DEFAULT",
                    "localDate": "2026-07-14",
                    "units": [{"id": "adult", "quantity": 2}],
                },
                {
                    "productId": "river-kayak",
                    "optionId": "DEFAULT",
                    "localDateStart": "2026-07-13",
                    "localDateEnd": "2026-07-19",
                },
                {
                    "productId": "river-kayak",
                    "optionId": "DEFAULT",
                    "availabilityIds": ["2026-07-14T09:30:00+01:00"],
                },
            ]
        }
    )

    local_date: LocalDate | None = Field(default=None, description="One date.")
    local_date_start: LocalDate | None = Field(default=None, description="First date, included.")
    local_date_end: LocalDate | None = Field(
        default=None, description="Last date, included; at most a year later."
    )
    availability_ids: (
        Annotated[list[Identifier], Field(min_length=1, max_length=MOST_AVAILABILITY_IDS)] | None
    ) = Field(default=None, description="Ids that do not exist are left out of the answer.")

    @model_validator(mode="after")
    def _asks_in_exactly_one_way(self) -> Self:
        range_end = "localDateStart" if self.local_date_start is not None else "localDateEnd"
        is_range = self.local_date_start is not None or self.local_date_end is not None
        sent = {
            "localDate": self.local_date is not None,
            range_end: is_range,
            "availabilityIds": self.availability_ids is not None,
        }
        ways = [field for field, is_sent in sent.items() if is_sent]
        if not ways:
            raise PydanticCustomError(
                "ways_to_ask",
                "exactly one must be sent of localDate, localDateStart with localDateEnd, "
                "and availabilityIds",
            )
        if len(ways) > 1:
            raise field_error(ways[1], "ways_to_ask", f"must not be sent together with {ways[0]}")
        check_both_ends(self.local_date_start, self.local_date_end)
        return self

    @property
    def dates(self) -> tuple[date, date] | None:
        if self.local_date is not None:
            return self.local_date, self.local_date
        if self.local_date_start is not None and self.local_date_end is not None:
            return self.local_date_start, self.local_date_end
        return None


class OpeningHours(ResponseModel):
    """One period of the day on which it begins; several allow for breaks.

    `to` is on the next day when it is not after `from`; 24:00 is the end of the day.
    """

    from_: TimeOfDay = Field(alias="from")
    to: TimeOfDay


EXAMPLE_AVAILABILITY: dict[str, Any] = {
    "id": "2026-07-14T09:30:00+01:00",
    "localDateTimeStart": "2026-07-14T09:30:00+01:00",
    "localDateTimeEnd": "2026-07-14T11:30:00+01:00",
    "allDay": False,
    "available": True,
    "status": "LIMITED",
    "vacancies": 5,
    "capacity": 12,
    "maxUnits": 8,
    "utcCutoffAt": "2026-07-14T07:30:00Z",
    "openingHours": [],
}

Available = Annotated[bool, Field(description="True exactly for AVAILABLE, LIMITED and FREESALE.")]
Vacancies = Annotated[int | None, Field(description="Places left; null for FREESALE.")]
Capacity = Annotated[int | None, Field(description="Places in total; null for FREESALE.")]


class Availability(ResponseModel):
    """One slot: a departure (START_TIME), or a whole date (OPENING_HOURS)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                EXAMPLE_AVAILABILITY,
                {
                    **EXAMPLE_AVAILABILITY,
                    "unitPricing": [{"unitId": "adult", **EXAMPLE_PRICE}],
                    "pricing": EXAMPLE_PRICE,
                },
            ]
        }
    )

    id: str = Field(description="Opaque to callers; unique in the option.")
    local_date_time_start: LocalMoment
    local_date_time_end: LocalMoment
    all_day: bool = Field(description="True exactly for OPENING_HOURS.")
    available: Available
    status: AvailabilityStatus
    vacancies: Vacancies
    capacity: Capacity
    max_units: int | None = Field(description="Most items in one booking; null: no limit.")
    utc_cutoff_at: UtcMoment = Field(description="The last moment to book and to confirm.")
    opening_hours: list[OpeningHours]
    unit_pricing: list[PricingOfUnit] = capability_field(
        "octo/pricing, when priced per unit: the price of each unit."
    )
    pricing: Pricing = capability_field(
        "octo/pricing: the booking's price when priced per booking; "
        "the party's total when `units` was sent."
    )


class CalendarDay(ResponseModel):
    """A local date, summed up over its slots; a date without any is CLOSED."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "localDate": "2026-07-14",
                    "available": True,
                    "status": "AVAILABLE",
                    "vacancies": 12,
                    "capacity": 24,
                    "openingHours": [],
                }
            ]
        }
    )

    local_date: DateText
    available: Available
    status: AvailabilityStatus = Field(description="The best of the day.")
    vacancies: Vacancies = Field(description="The most of any slot; null when one is FREESALE.")
    capacity: Capacity = Field(description="The sum of all slots; null when one is FREESALE.")
    opening_hours: list[OpeningHours]
    unit_pricing_from: list[PricingOfUnit] = capability_field(
        "octo/pricing, when priced per unit: the lowest price of each unit that day."
    )
    pricing_from: Pricing = capability_field(
        "octo/pricing: the lowest price that day when priced per booking; "
        "the party's lowest total when `units` was sent."
    )
