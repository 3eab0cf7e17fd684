"""Resources: the guides, boats, vehicles and equipment that departures are given.

A resource may be on several departures. Where these overlap in time, a guide in two places at once
is a warning to staff (``find_clashes``), and the places of a boat are shared: what is taken on one
departure is no longer there for the other. ``availability`` takes that into account wherever it
says how many places are left, under the lock of a reservation and in a calendar alike (see
``availability/shared_places_sql_store.py``).
"""

from shared_domain.resources.errors import ResourceNotFound, ResourceRefused
from shared_domain.resources.model import Clash, ResourceId, ResourceKind
from shared_domain.resources.services import (
    ResourceStore,
    assign_resources,
    find_clashes,
    find_seats,
    record_new_capacity,
    unassign_resources,
)

__all__ = [
    "Clash",
    "ResourceId",
    "ResourceKind",
    "ResourceNotFound",
    "ResourceRefused",
    "ResourceStore",
    "assign_resources",
    "find_clashes",
    "find_seats",
    "record_new_capacity",
    "unassign_resources",
]
