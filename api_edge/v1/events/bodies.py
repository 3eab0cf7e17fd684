"""Writes the bodies of events for all readers: see ``shared_domain.events.EventBodies``."""

import json
from collections.abc import Sequence
from datetime import datetime

from api_edge.http.answer_structs import answer_struct, encode
from api_edge.octo.render_availability import utc_moment
from api_edge.v1.events import kinds
from api_edge.v1.events.kinds import KINDS
from api_edge.v1.events.rendering import build_data
from shared_domain.availability.sql_store import SqlAvailabilityStore
from shared_domain.bookings.sql_store import SqlBookingStore
from shared_domain.catalog import ProductMemory
from shared_domain.catalog.sql_store import ProductCache, SqlCatalogStore
from shared_domain.database import Database
from shared_domain.event_subjects import Subjects, SubjectStores, read_subjects
from shared_domain.events import (
    BODY_VERSION,
    Event,
    EventBody,
    PublishedType,
    event_id,
)
from shared_domain.partners import Access
from shared_domain.partners.sql_store import SqlKeyStore
from shared_domain.unreadable import read_each

#: Each type's own envelope has the same fields.
EventEnvelope = answer_struct(kinds.EventEnvelope)

#: Products that a process remembers for bodies, for each partner apart.
MOST_PRODUCTS = 5_000


class OctoEventBodies:
    """Events whose resources are OCTO's, as the partner's own calls would show them."""

    def __init__(self, products: ProductCache | None = None) -> None:
        """``products`` may be shared with other readers of the same process."""
        self._products: ProductCache = (
            ProductMemory(most=MOST_PRODUCTS) if products is None else products
        )

    async def render(
        self, events: Sequence[Event], *, access: Access, now: datetime, database: Database
    ) -> list[EventBody]:
        catalog = SqlCatalogStore(database, self._products)
        availability = SqlAvailabilityStore(database, catalog)
        stores = SubjectStores(
            bookings=SqlBookingStore(database, availability),
            departures=availability,
            products=catalog,
            keys=SqlKeyStore(database),
        )
        subjects = await read_subjects(events, access=access, now=now, stores=stores)
        # One event that cannot be read must not stop a reader there for ever.
        bodies = read_each(
            events,
            lambda event: _body(event, subjects, now),
            kind="event",
            id_of=lambda event: event.position,
        )
        return [body for body in bodies if body is not None]

    def example(self, kind: PublishedType, *, test_mode: bool = True) -> EventBody:
        example = {**KINDS[kind].example, "id": "evt_example", "position": 0}
        if example["testMode"] is not None:
            example["testMode"] = test_mode
        return EventBody(position=0, id="evt_example", type=kind, body=json.dumps(example).encode())


def _body(event: Event, subjects: Subjects, now: datetime) -> EventBody | None:
    data = build_data(event, subjects, now=now)
    if data is None:
        return None
    envelope = EventEnvelope(
        id=event_id(event.position),
        type=event.type.value,
        version=BODY_VERSION,
        position=event.position,
        timestamp=utc_moment(event.occurred_at),
        test_mode=event.test_mode,
        data=data,
    )
    return EventBody(
        position=event.position,
        id=envelope.id,
        type=event.type,
        body=encode(envelope),
    )


#: For processes other than the edge, by name: the setting ``EVENT_BODIES`` of Django.
event_bodies = OctoEventBodies()
