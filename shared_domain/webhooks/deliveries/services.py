"""Read the deliveries of an endpoint, replay them, and send a sample."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import uuid4

from shared_domain.events import LogRange, PublishedType
from shared_domain.partners import Access
from shared_domain.webhooks.deliveries.model import (
    ATTEMPTS_SHOWN,
    GAP,
    LARGEST_PAGE,
    LONGEST_REPLAY,
    Attempt,
    Delivery,
    DeliveryId,
    DeliveryPage,
    DeliveryState,
)
from shared_domain.webhooks.errors import (
    DeliveryNotFound,
    EndpointDisabled,
    EndpointNotFound,
    EventsExpired,
    ReplayOutOfRange,
    ReplayRunning,
)
from shared_domain.webhooks.model import EndpointId, WebhookEndpoint

#: How the id of a sample's message begins; that of an event is ``evt_`` and its position.
SAMPLE_PREFIX = "sample_"


class DeliveryStore(Protocol):
    """The store that these services need; ``sql_store`` implements it."""

    async def get_locked(
        self, endpoint_id: EndpointId, access: Access
    ) -> WebhookEndpoint | None: ...

    async def exists(self, endpoint_id: EndpointId, access: Access) -> bool: ...

    async def newest(
        self,
        endpoint_id: EndpointId,
        *,
        state: DeliveryState | None,
        before: DeliveryId | None,
        limit: int,
    ) -> list[Delivery]: ...

    async def find(self, endpoint_id: EndpointId, message_id: str) -> Delivery | None: ...

    async def attempts(self, delivery_id: DeliveryId, *, limit: int) -> list[Attempt]: ...

    async def log_range(self) -> LogRange: ...

    async def begin_replay(self, endpoint_id: EndpointId, *, after: int, until: int) -> bool:
        """Store a range to replay; False, and nothing is stored, while another replay runs."""
        ...

    async def replay(self, delivery_id: DeliveryId, *, now: datetime) -> None:
        """Set a delivery to waiting, due now, with its retry schedule started anew."""
        ...

    async def add_sample(
        self, endpoint_id: EndpointId, *, message_id: str, type: PublishedType, now: datetime
    ) -> None: ...

    async def wake(self, endpoint_id: EndpointId) -> None:
        """Make the endpoint due now, so that a worker delivers to it."""
        ...


async def list_deliveries(
    endpoint_id: EndpointId,
    *,
    access: Access,
    store: DeliveryStore,
    state: DeliveryState | None = None,
    before: DeliveryId | None = None,
    limit: int = 20,
) -> DeliveryPage:
    """Return a page of an endpoint's deliveries, the newest first.

    Raises:
        EndpointNotFound
    """
    if not await store.exists(endpoint_id, access):
        raise EndpointNotFound
    size = max(1, min(limit, LARGEST_PAGE))
    found = await store.newest(endpoint_id, state=state, before=before, limit=size + 1)
    has_more = len(found) > size
    return DeliveryPage(
        deliveries=found[:size], next_before=found[size - 1].id if has_more else None
    )


async def get_delivery(
    endpoint_id: EndpointId, message_id: str, *, access: Access, store: DeliveryStore
) -> tuple[Delivery, Sequence[Attempt]]:
    """Return a delivery with its attempts, the newest first.

    Raises:
        EndpointNotFound, DeliveryNotFound
    """
    if not await store.exists(endpoint_id, access):
        raise EndpointNotFound
    delivery = await _find(endpoint_id, message_id, store=store)
    return delivery, await store.attempts(delivery.id, limit=ATTEMPTS_SHOWN)


async def replay_delivery(
    endpoint_id: EndpointId,
    message_id: str,
    *,
    access: Access,
    now: datetime,
    store: DeliveryStore,
) -> Delivery:
    """Send an event again that was delivered or passed over, and return its delivery, waiting.

    Its ``webhook-id`` stays, so that the receiver can recognise an event that it has. A delivery
    that still waits is tried at once.

    Raises:
        EndpointNotFound, EndpointDisabled, DeliveryNotFound
        EventsExpired: it stands for events that expired before they were sent.
    """
    await _get_enabled(endpoint_id, access=access, store=store)
    delivery = await _find(endpoint_id, message_id, store=store)
    if delivery.type == GAP:
        raise EventsExpired
    # The queue before its deliveries, as the worker locks them.
    await store.wake(endpoint_id)
    await store.replay(delivery.id, now=now)
    again = await store.find(endpoint_id, message_id)
    return again or delivery


async def replay_range(
    endpoint_id: EndpointId,
    *,
    after: int,
    until: int,
    access: Access,
    store: DeliveryStore,
) -> None:
    """Replay the events after one position up to another, of the endpoint's present types.

    Raises:
        EndpointNotFound, EndpointDisabled
        ReplayOutOfRange: it is not within the log, empty, or over ``LONGEST_REPLAY``.
        ReplayRunning: another one of this endpoint is under way.
    """
    await _get_enabled(endpoint_id, access=access, store=store)
    known = await store.log_range()
    is_within = known.expired_to <= after < until <= known.last_position
    if not is_within or until - after > LONGEST_REPLAY:
        raise ReplayOutOfRange(expired_to=known.expired_to, last_position=known.last_position)
    if not await store.begin_replay(endpoint_id, after=after, until=until):
        raise ReplayRunning
    await store.wake(endpoint_id)


async def send_sample(
    endpoint_id: EndpointId,
    *,
    type: PublishedType,
    access: Access,
    now: datetime,
    store: DeliveryStore,
) -> Delivery:
    """Send the documented example of a type to an endpoint now, once, and return its delivery.

    It is sent within a second, also to an endpoint that is failing, and is not tried again.

    Raises:
        EndpointNotFound, EndpointDisabled
    """
    await _get_enabled(endpoint_id, access=access, store=store)
    message_id = f"{SAMPLE_PREFIX}{uuid4().hex}"
    await store.add_sample(endpoint_id, message_id=message_id, type=type, now=now)
    await store.wake(endpoint_id)
    delivery = await store.find(endpoint_id, message_id)
    if delivery is None:
        raise DeliveryNotFound
    return delivery


async def _find(endpoint_id: EndpointId, message_id: str, *, store: DeliveryStore) -> Delivery:
    # No text of PostgreSQL holds NUL.
    delivery = None if "\0" in message_id else await store.find(endpoint_id, message_id)
    if delivery is None:
        raise DeliveryNotFound
    return delivery


async def _get_enabled(
    endpoint_id: EndpointId, *, access: Access, store: DeliveryStore
) -> WebhookEndpoint:
    endpoint = await store.get_locked(endpoint_id, access)
    if endpoint is None:
        raise EndpointNotFound
    if not endpoint.is_enabled:
        raise EndpointDisabled
    return endpoint
