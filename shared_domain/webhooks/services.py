"""Manage webhook endpoints: load, decide, save."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID, uuid4

from shared_domain.events import PublishedType
from shared_domain.partners import Access
from shared_domain.webhooks.destinations import validated_url
from shared_domain.webhooks.errors import DisabledByStaff, EndpointNotFound, TooManyEndpoints
from shared_domain.webhooks.model import (
    DEFAULT_OVERLAP,
    MOST_ENDPOINTS,
    DisabledBy,
    EndpointChange,
    EndpointId,
    EndpointWithHealth,
    WebhookEndpoint,
    check_types_readable,
    validated_description,
    validated_types,
)
from shared_domain.webhooks.signing import SigningKeys


class WebhookStore(Protocol):
    """The store that these services need; no endpoint that was removed is found."""

    async def lock_endpoints(self, access: Access) -> int:
        """Lock out new endpoints of a partner until the transaction ends; return how many exist."""
        ...

    async def insert(self, endpoint: WebhookEndpoint) -> None:
        """Store a new endpoint, which gets the events that are added to the log from now on."""
        ...

    async def get_locked(
        self, endpoint_id: EndpointId, access: Access
    ) -> WebhookEndpoint | None: ...

    async def get(self, endpoint_id: EndpointId, access: Access) -> EndpointWithHealth | None: ...

    async def list(self, access: Access, *, limit: int) -> list[EndpointWithHealth]: ...

    async def save(self, endpoint: WebhookEndpoint) -> None: ...

    async def start_over(self, endpoint: WebhookEndpoint) -> None:
        """Store an endpoint, and have its events read anew that a worker has not stored as sent."""
        ...

    async def stop(self, endpoint: WebhookEndpoint) -> None:
        """Store a disabled endpoint, to which nothing more is sent."""
        ...

    async def resume(self, endpoint: WebhookEndpoint, *, skips_backlog: bool) -> None:
        """Store an enabled endpoint, which continues from its position or from the log's end."""
        ...

    async def remove(self, endpoint: WebhookEndpoint, *, now: datetime) -> None: ...


async def create_endpoint(
    *,
    url: str,
    description: str,
    types: tuple[PublishedType, ...],
    readable: frozenset[PublishedType],
    access: Access,
    keys: SigningKeys,
    now: datetime,
    store: WebhookStore,
    allows_loopback: bool = False,
    new_id: Callable[[], UUID] = uuid4,
) -> tuple[WebhookEndpoint, str]:
    """Create an endpoint, and return it with its secret, which is shown this once.

    ``readable`` are the types that the caller's scopes let it read.

    Raises:
        InvalidUrl, InvalidDescription, TypesNotReadable, TooManyEndpoints, SecretsNotConfigured
    """
    endpoint = WebhookEndpoint(
        id=EndpointId(new_id()),
        partner_id=access.partner_id,
        test_mode=access.test_mode,
        url=validated_url(url, allows_loopback=allows_loopback),
        description=validated_description(description),
        types=validated_types(types, readable=readable),
        secret=keys.next_version(),
        previous_secret=None,
        previous_secret_until=None,
        disabled_by=None,
        disabled_at=None,
        created_at=now,
        updated_at=now,
    )
    if await store.lock_endpoints(access) >= MOST_ENDPOINTS:
        raise TooManyEndpoints(most=MOST_ENDPOINTS)
    await store.insert(endpoint)
    return endpoint, keys.derive(endpoint.id, endpoint.secret)


async def get_endpoint(
    endpoint_id: EndpointId, *, access: Access, store: WebhookStore
) -> EndpointWithHealth:
    """Return one of the partner's endpoints.

    Raises:
        EndpointNotFound
    """
    found = await store.get(endpoint_id, access)
    if found is None:
        raise EndpointNotFound
    return found


async def list_endpoints(*, access: Access, store: WebhookStore) -> list[EndpointWithHealth]:
    """Return all endpoints of the partner in this mode, the oldest first."""
    return await store.list(access, limit=MOST_ENDPOINTS)


async def update_endpoint(
    endpoint_id: EndpointId,
    change: EndpointChange,
    *,
    readable: frozenset[PublishedType],
    access: Access,
    now: datetime,
    store: WebhookStore,
    allows_loopback: bool = False,
) -> WebhookEndpoint:
    """Change an endpoint's URL, types or description, and return it; the secret stays.

    A change without a difference leaves ``updated_at`` as it is. A new URL of an enabled endpoint
    is tried at once, with all that waits: what the former one answered says nothing about it.

    Raises:
        EndpointNotFound, InvalidUrl, InvalidDescription
        TypesNotReadable: of the new types, or of those that a new URL would get.
    """
    endpoint = await _get_locked(endpoint_id, access=access, store=store)
    changed = endpoint
    if change.url is not None and change.url != endpoint.url:
        url = validated_url(change.url, allows_loopback=allows_loopback)
        changed = replace(changed, url=url)
    if change.description is not None:
        changed = replace(changed, description=validated_description(change.description))
    if change.types is not None and change.types != endpoint.types:
        changed = replace(changed, types=validated_types(change.types, readable=readable))
    if changed == endpoint:
        return endpoint
    changed = replace(changed, updated_at=now)
    has_new_url, has_new_types = changed.url != endpoint.url, changed.types != endpoint.types
    if has_new_url:
        check_types_readable(changed.types, readable=readable)
    if has_new_url and changed.is_enabled:
        await store.resume(changed, skips_backlog=False)
    elif has_new_types and changed.is_enabled:
        # A run that began with the former types would move the cursor past events of the new ones.
        await store.start_over(changed)
    else:
        await store.save(changed)
    return changed


async def rotate_secret(
    endpoint_id: EndpointId,
    *,
    overlap: timedelta = DEFAULT_OVERLAP,
    access: Access,
    keys: SigningKeys,
    now: datetime,
    store: WebhookStore,
) -> tuple[WebhookEndpoint, str]:
    """Give an endpoint its next secret, and return both; the secret is shown this once.

    Until ``overlap`` is over, each delivery has a signature by the new secret and one by the old.

    Raises:
        EndpointNotFound, SecretOverlapOutOfRange, SecretsNotConfigured
    """
    endpoint = await _get_locked(endpoint_id, access=access, store=store)
    rotated = endpoint.rotate(keys, overlap=overlap, now=now)
    if endpoint.is_enabled and not keys.can_derive(endpoint.secret.key_id):
        # Nothing could be signed, so the worker leaves it alone for a while.
        await store.start_over(rotated)
    else:
        await store.save(rotated)
    return rotated, keys.derive(rotated.id, rotated.secret)


async def disable_endpoint(
    endpoint_id: EndpointId,
    *,
    by: DisabledBy,
    access: Access,
    now: datetime,
    store: WebhookStore,
) -> WebhookEndpoint:
    """Send nothing more to an endpoint until it is enabled. Disabling twice changes nothing.

    Raises:
        EndpointNotFound
    """
    endpoint = await _get_locked(endpoint_id, access=access, store=store)
    disabled = endpoint.disable(by, now=now)
    if disabled is not endpoint:
        await store.stop(disabled)
    return disabled


async def enable_endpoint(
    endpoint_id: EndpointId,
    *,
    by: DisabledBy,
    skips_backlog: bool = False,
    access: Access,
    now: datetime,
    store: WebhookStore,
) -> WebhookEndpoint:
    """Enable an endpoint again, from its position; waiting deliveries are tried at once.

    ``by`` is the partner or staff. With ``skips_backlog``, events that happened meanwhile are not
    delivered. An endpoint that is enabled already, and failing, is tried at once.

    Raises:
        EndpointNotFound
        DisabledByStaff: staff disabled it, and the partner would enable it.
    """
    endpoint = await _get_locked(endpoint_id, access=access, store=store)
    if endpoint.disabled_by is DisabledBy.STAFF and by is not DisabledBy.STAFF:
        raise DisabledByStaff
    enabled = endpoint.enable(now=now)
    await store.resume(enabled, skips_backlog=skips_backlog)
    return enabled


async def remove_endpoint(
    endpoint_id: EndpointId, *, access: Access, now: datetime, store: WebhookStore
) -> None:
    """Remove an endpoint with its waiting deliveries; the next clean-up deletes its log.

    Raises:
        EndpointNotFound
    """
    endpoint = await _get_locked(endpoint_id, access=access, store=store)
    await store.remove(endpoint, now=now)


async def _get_locked(
    endpoint_id: EndpointId, *, access: Access, store: WebhookStore
) -> WebhookEndpoint:
    endpoint = await store.get_locked(endpoint_id, access)
    if endpoint is None:
        raise EndpointNotFound
    return endpoint
