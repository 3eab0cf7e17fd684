"""What readers send to partners: the bodies of events, and which types an API key may read."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from shared_domain.database import Database
from shared_domain.events.model import Event, PublishedType
from shared_domain.partners import Access, Scope, ScopeMissing

#: The number in every body: it grows when a field of ``data`` changes its meaning or goes.
BODY_VERSION: Final = 1

#: The scope without which a key does not read the events of a subject; keys read their own.
_SCOPES = {
    "booking": Scope.BOOKINGS_READ,
    "departure": Scope.CATALOG_READ,
    "product": Scope.CATALOG_READ,
    "price": Scope.CATALOG_READ,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class EventBody:
    """An event as one partner reads it: ``body`` is its JSON, which a webhook signs and sends.

    ``id`` is the same each time that the event is sent.
    """

    position: int
    id: str
    type: PublishedType
    body: bytes


class EventBodies(Protocol):
    """Writes the bodies of events; ``api_edge.v1.events.bodies`` does.

    The worker of Django gets it by the setting ``EVENT_BODIES``: the resources are OCTO's, which
    the edge writes, and neither half imports the other.
    """

    async def render(
        self, events: Sequence[Event], *, access: Access, now: datetime, database: Database
    ) -> list[EventBody]:
        """Return the bodies of events of one page, in their order, with a bounded number of reads.

        What the partner may not see any more is left out.
        """
        ...

    def example(self, kind: PublishedType, *, test_mode: bool = True) -> EventBody:
        """Return the body of an event that never happened, with the id ``evt_example``."""
        ...


def event_id(position: int) -> str:
    """Return the name of an event, by which a reader knows one that it has read before."""
    return f"evt_{position}"


def needed_scope(kind: PublishedType) -> Scope | None:
    """Return the scope that a key needs to read events of a type; None for those of keys."""
    return _SCOPES.get(kind.subject)


def readable_types(scopes: Collection[str]) -> frozenset[PublishedType]:
    """Return the types that a key with these scopes may read."""
    return frozenset(kind for kind in PublishedType if needed_scope(kind) in (None, *scopes))


def check_readable(kinds: Iterable[PublishedType], scopes: Collection[str]) -> None:
    """Return if a key with these scopes may read events of the types.

    Raises:
        ScopeMissing: of the first that it may not.
    """
    for kind in kinds:
        scope = needed_scope(kind)
        if scope is not None and scope not in scopes:
            raise ScopeMissing(needed=scope.value)
