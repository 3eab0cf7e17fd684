"""Bodies of events as partners receive them, and which event types an API key may read."""

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
    """Renders events as the JSON that partners read; implemented by ``api_edge.v1.events.bodies``.

    Django's worker loads that implementation by the setting ``EVENT_BODIES``: bodies hold OCTO's
    resources, which the edge renders, and neither half imports the other.
    """

    async def render(
        self, events: Sequence[Event], *, access: Access, now: datetime, database: Database
    ) -> list[EventBody]:
        """Return the bodies of a page of events, in their order, by a bounded number of queries.

        An event whose subject the partner may not see any more is left out.
        """
        ...

    def example(self, kind: PublishedType, *, test_mode: bool = True) -> EventBody:
        """Return the body of a sample event, which never happened, with the id ``evt_example``."""
        ...


def event_id(position: int) -> str:
    """Return the id that an event has for partners, by which they recognise a repeated one."""
    return f"evt_{position}"


def needed_scope(kind: PublishedType) -> Scope | None:
    """Return the scope that a key needs to read events of a type; None for those of keys."""
    return _SCOPES.get(kind.subject)


def readable_types(scopes: Collection[str]) -> frozenset[PublishedType]:
    """Return the types that a key with these scopes may read."""
    return frozenset(kind for kind in PublishedType if needed_scope(kind) in (None, *scopes))


def check_readable(kinds: Iterable[PublishedType], scopes: Collection[str]) -> None:
    """Check that a key with these scopes may read events of all these types.

    Raises:
        ScopeMissing: the scope of the first type that it may not read.
    """
    for kind in kinds:
        scope = needed_scope(kind)
        if scope is not None and scope not in scopes:
            raise ScopeMissing(needed=scope.value)
