"""Manage subscriptions to notifications: load, decide, save."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol
from uuid import UUID, uuid4

from shared_domain.notifications.errors import (
    HeadersUnreadable,
    SubscriptionNotFound,
    TooManySubscriptions,
)
from shared_domain.notifications.headers import (
    HeaderSealer,
    open_headers,
    seal_headers,
    validated_headers,
)
from shared_domain.notifications.model import (
    MOST_SUBSCRIPTIONS,
    NotificationType,
    Subscription,
    SubscriptionChange,
    SubscriptionId,
    validated_notification_types,
    validated_subscription_url,
)
from shared_domain.partners import Access
from shared_domain.webhooks import DisabledBy


class SubscriptionStore(Protocol):
    """The store that these services need; no removed subscription is found."""

    async def lock_subscriptions(self, access: Access) -> int:
        """Lock out new subscriptions of a partner until the transaction ends; return the count."""
        ...

    async def insert(self, subscription: Subscription) -> None:
        """Store a new subscription, which gets events logged from now on."""
        ...

    async def get_locked(
        self, subscription_id: SubscriptionId, access: Access
    ) -> Subscription | None: ...

    async def get(self, subscription_id: SubscriptionId, access: Access) -> Subscription | None: ...

    async def list(self, access: Access, *, limit: int) -> list[Subscription]: ...

    async def save(self, subscription: Subscription) -> None: ...

    async def stop(self, subscription: Subscription) -> None:
        """Store a disabled subscription: nothing more is sent to it."""
        ...

    async def resume(self, subscription: Subscription) -> None:
        """Store an enabled subscription: its pending notifications are sent at once."""
        ...

    async def remove(self, subscription: Subscription, *, now: datetime) -> None: ...


@dataclass(frozen=True, slots=True)
class SubscriptionWithHeaders:
    """A subscription, and the headers in clear: for the partner itself only."""

    subscription: Subscription
    headers: Mapping[str, str]


async def create_subscription(
    *,
    url: str,
    notification_types: Collection[NotificationType],
    headers: Mapping[str, str],
    scopes: Collection[str],
    access: Access,
    sealer: HeaderSealer,
    now: datetime,
    store: SubscriptionStore,
    allows_loopback: bool = False,
    new_id: Callable[[], UUID] = uuid4,
) -> SubscriptionWithHeaders:
    """Subscribe a URL to notifications of what happens from now on.

    Raises:
        InvalidSubscriptionUrl, InvalidHeader, TooManyHeaders, TooManySubscriptions
        ScopeMissing: the caller's key may not fetch what it would be told of.
        SealingNotConfigured: there are headers, and no key to seal them with.
    """
    chosen = validated_headers(headers)
    subscription_id = SubscriptionId(new_id())
    subscription = Subscription(
        id=subscription_id,
        partner_id=access.partner_id,
        test_mode=access.test_mode,
        url=validated_subscription_url(url, allows_loopback=allows_loopback),
        notification_types=validated_notification_types(notification_types, scopes=scopes),
        sealed_headers=seal_headers(chosen, subscription=subscription_id, sealer=sealer),
        disabled_by=None,
        disabled_at=None,
        created_at=now,
        updated_at=now,
    )
    if await store.lock_subscriptions(access) >= MOST_SUBSCRIPTIONS:
        raise TooManySubscriptions(most=MOST_SUBSCRIPTIONS)
    await store.insert(subscription)
    return SubscriptionWithHeaders(subscription, chosen)


async def get_subscription(
    subscription_id: SubscriptionId,
    *,
    access: Access,
    sealer: HeaderSealer,
    store: SubscriptionStore,
) -> SubscriptionWithHeaders:
    """Return one of the partner's subscriptions.

    Raises:
        SubscriptionNotFound, HeadersUnreadable
    """
    subscription = await store.get(subscription_id, access)
    if subscription is None:
        raise SubscriptionNotFound
    return _opened(subscription, sealer)


async def list_subscriptions(
    *, access: Access, sealer: HeaderSealer, store: SubscriptionStore
) -> list[SubscriptionWithHeaders]:
    """Return all subscriptions of the partner in this mode, the oldest first.

    Headers that can no longer be decrypted are left out: ``get_subscription`` refuses them.
    """
    known = await store.list(access, limit=MOST_SUBSCRIPTIONS)
    return [_open_if_possible(subscription, sealer) for subscription in known]


async def update_subscription(
    subscription_id: SubscriptionId,
    change: SubscriptionChange,
    *,
    scopes: Collection[str],
    access: Access,
    sealer: HeaderSealer,
    now: datetime,
    store: SubscriptionStore,
    allows_loopback: bool = False,
) -> SubscriptionWithHeaders:
    """Change a subscription, and return it; headers are replaced as a whole.

    One that was disabled by its server's answers, or for want of any, is enabled again. A new URL,
    or new headers, are tried at once: what the former ones were answered says nothing about them.

    Raises:
        SubscriptionNotFound, InvalidSubscriptionUrl, InvalidHeader, TooManyHeaders, ScopeMissing
        SealingNotConfigured, HeadersUnreadable
    """
    subscription = await _get_locked(subscription_id, access=access, store=store)
    changed = replace(subscription, updated_at=now)
    if change.url is not None:
        url = validated_subscription_url(change.url, allows_loopback=allows_loopback)
        changed = replace(changed, url=url)
    if change.notification_types is not None:
        chosen = validated_notification_types(change.notification_types, scopes=scopes)
        changed = replace(changed, notification_types=chosen)
    if changed.url != subscription.url:
        # What is told there is chosen anew, too.
        validated_notification_types(changed.notification_types, scopes=scopes)
    if change.headers is not None:
        headers = validated_headers(change.headers)
        sealed = seal_headers(headers, subscription=subscription_id, sealer=sealer)
        changed = replace(changed, sealed_headers=sealed)
    opened = _opened(changed, sealer)
    is_new_request = changed.url != subscription.url or (
        change.headers is not None and opened.headers != _find_headers(subscription, sealer)
    )
    is_disabled_by_answers = subscription.disabled_by in (DisabledBy.GONE, DisabledBy.FAILURE)
    if is_disabled_by_answers or (is_new_request and subscription.is_enabled):
        changed = changed.enable(now=now)
        await store.resume(changed)
    else:
        await store.save(changed)
    return replace(opened, subscription=changed)


async def disable_subscription(
    subscription_id: SubscriptionId,
    *,
    by: DisabledBy,
    access: Access,
    now: datetime,
    store: SubscriptionStore,
) -> Subscription:
    """Send nothing more until the subscription is enabled. Disabling twice changes nothing.

    Events in the meantime make no notifications: the partner then fetches everything again.

    Raises:
        SubscriptionNotFound
    """
    subscription = await _get_locked(subscription_id, access=access, store=store)
    disabled = subscription.disable(by, now=now)
    if disabled is not subscription:
        await store.stop(disabled)
    return disabled


async def enable_subscription(
    subscription_id: SubscriptionId, *, access: Access, now: datetime, store: SubscriptionStore
) -> Subscription:
    """Send notifications again; pending ones are sent at once.

    It may be called for a subscription that is enabled and fails, to end its pause.

    Raises:
        SubscriptionNotFound
    """
    subscription = await _get_locked(subscription_id, access=access, store=store)
    enabled = subscription.enable(now=now)
    await store.resume(enabled)
    return enabled


async def remove_subscription(
    subscription_id: SubscriptionId,
    *,
    access: Access,
    sealer: HeaderSealer,
    now: datetime,
    store: SubscriptionStore,
) -> SubscriptionWithHeaders:
    """Remove a subscription with its pending notifications, and return it as it was.

    Headers that can no longer be decrypted are left out, so that it can be removed all the same.

    Raises:
        SubscriptionNotFound
    """
    subscription = await _get_locked(subscription_id, access=access, store=store)
    await store.remove(subscription, now=now)
    return _open_if_possible(subscription, sealer)


async def _get_locked(
    subscription_id: SubscriptionId, *, access: Access, store: SubscriptionStore
) -> Subscription:
    subscription = await store.get_locked(subscription_id, access)
    if subscription is None:
        raise SubscriptionNotFound
    return subscription


def _opened(subscription: Subscription, sealer: HeaderSealer) -> SubscriptionWithHeaders:
    sealed = subscription.sealed_headers
    headers = open_headers(sealed, subscription=subscription.id, sealer=sealer)
    return SubscriptionWithHeaders(subscription, headers)


def _open_if_possible(subscription: Subscription, sealer: HeaderSealer) -> SubscriptionWithHeaders:
    return SubscriptionWithHeaders(subscription, _find_headers(subscription, sealer) or {})


def _find_headers(subscription: Subscription, sealer: HeaderSealer) -> Mapping[str, str] | None:
    try:
        return _opened(subscription, sealer).headers
    except HeadersUnreadable:
        return None
