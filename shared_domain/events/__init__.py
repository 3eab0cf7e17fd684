"""Events: the log of what happened, which readers follow by position.

::

    change ──same transaction──▶ event, no position ──after the commit──▶ position 1, 2, 3 …
                                                  sequencer                    │
    staff's pages, worker      read what concerns them by booking              │
    partners' readers          after their cursor, the last position read ◀────┘
                               until it expires (90 days)

A store writes the event of a booking in the same statement as the change; triggers write those of
departures, products, prices and API keys. One sequencer gives positions: see ``sequencer``. Events
hold no personal data: what a partner reads of an event is rendered when it is read.
"""

from shared_domain.events.bodies import (
    BODY_VERSION,
    EventBodies,
    EventBody,
    check_readable,
    event_id,
    needed_scope,
    readable_types,
)
from shared_domain.events.errors import CursorExpired, CursorFromFuture, CursorRefused
from shared_domain.events.model import (
    PUBLISHED_AS,
    STORED_AS,
    Event,
    EventPage,
    LogRange,
    News,
    PublishedType,
)
from shared_domain.events.sequencer import (
    BATCH,
    POLL_SECONDS,
    Numbered,
    SearchStart,
    SequencerStore,
    give_positions,
)
from shared_domain.events.services import (
    MOST_EVENTS,
    EventStore,
    StartingPoint,
    acknowledge,
    find_start,
    read_events,
    read_log_range,
)
from shared_domain.events.types import EventType

__all__ = [
    "BATCH",
    "BODY_VERSION",
    "MOST_EVENTS",
    "POLL_SECONDS",
    "PUBLISHED_AS",
    "STORED_AS",
    "StartingPoint",
    "CursorExpired",
    "CursorFromFuture",
    "CursorRefused",
    "Event",
    "EventBodies",
    "EventBody",
    "EventPage",
    "EventStore",
    "EventType",
    "LogRange",
    "News",
    "Numbered",
    "PublishedType",
    "SearchStart",
    "SequencerStore",
    "acknowledge",
    "check_readable",
    "event_id",
    "find_start",
    "give_positions",
    "needed_scope",
    "readable_types",
    "read_events",
    "read_log_range",
]
