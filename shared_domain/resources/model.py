"""Kinds of resources, and a resource that is in two places at once."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

from shared_domain.availability import DepartureId

ResourceId = NewType("ResourceId", int)


class ResourceKind(StrEnum):
    GUIDE = "GUIDE"
    BOAT = "BOAT"
    VEHICLE = "VEHICLE"
    EQUIPMENT = "EQUIPMENT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Clash:
    """A resource on two departures that overlap in time: one of those queried, and another one."""

    resource_id: ResourceId
    resource_name: str
    #: None where it takes no guests: a guide cannot be shared, a boat's places can.
    places: int | None
    departure_id: DepartureId
    other_id: DepartureId
