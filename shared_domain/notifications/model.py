"""Subscriptions to notifications: what a partner sets, and when one is disabled."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import NewType
from uuid import UUID

from shared_domain.notifications.errors import InvalidSubscriptionUrl, SubscriptionNotFound
from shared_domain.partners import Access, PartnerId, Scope, ScopeMissing
from shared_domain.webhooks import DisabledBy, InvalidUrl, validated_url

SubscriptionId = NewType("SubscriptionId", UUID)

#: Subscriptions of one partner in one mode.
MOST_SUBSCRIPTIONS = 20


class NotificationType(StrEnum):
    """What a partner is told to fetch again. Source: OCTO, capability ``octo/notifications``."""

    PRODUCT_UPDATE = "PRODUCT_UPDATE"
    AVAILABILITY_UPDATE = "AVAILABILITY_UPDATE"
    BOOKING_UPDATE = "BOOKING_UPDATE"

    @property
    def needed_scope(self) -> Scope:
        """The scope that a key needs to subscribe to it: that of the calls by which to fetch."""
        is_of_booking = self is NotificationType.BOOKING_UPDATE
        return Scope.BOOKINGS_READ if is_of_booking else Scope.CATALOG_READ


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """A URL of a partner to which notifications of some types are sent."""

    id: SubscriptionId
    partner_id: PartnerId
    test_mode: bool
    url: str
    notification_types: tuple[NotificationType, ...]
    sealed_headers: str
    disabled_by: DisabledBy | None
    disabled_at: datetime | None
    created_at: datetime
    updated_at: datetime

    @property
    def access(self) -> Access:
        """The partner and mode that the subscription belongs to."""
        return Access(partner_id=self.partner_id, test_mode=self.test_mode)

    @property
    def is_enabled(self) -> bool:
        return self.disabled_by is None

    def disable(self, by: DisabledBy, *, now: datetime) -> "Subscription":
        """Return this subscription, disabled; the first reason stays."""
        if not self.is_enabled:
            return self
        return replace(self, disabled_by=by, disabled_at=now, updated_at=now)

    def enable(self, *, now: datetime) -> "Subscription":
        """Return this subscription, enabled."""
        if self.is_enabled:
            return self
        return replace(self, disabled_by=None, disabled_at=None, updated_at=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionChange:
    """A change of a subscription; None leaves a field as it is."""

    url: str | None = None
    notification_types: tuple[NotificationType, ...] | None = None
    headers: Mapping[str, str] | None = None


def validated_subscription_url(url: str, *, allows_loopback: bool) -> str:
    """Return the URL of a subscription, by the rules of webhooks.

    Raises:
        InvalidSubscriptionUrl
    """
    try:
        return validated_url(url, allows_loopback=allows_loopback)
    except InvalidUrl as refused:
        raise InvalidSubscriptionUrl(refused.problem) from None


def validated_notification_types(
    wanted: Iterable[NotificationType], *, scopes: Collection[str]
) -> tuple[NotificationType, ...]:
    """Return the types that a subscription gets, each once, in the order of their list.

    Raises:
        ScopeMissing: the caller's key may not fetch what it would be told of.
    """
    chosen = frozenset(wanted)
    for kind in NotificationType:
        if kind in chosen and kind.needed_scope not in scopes:
            raise ScopeMissing(needed=kind.needed_scope.value)
    return tuple(kind for kind in NotificationType if kind in chosen)


def parse_subscription_id(text: str) -> SubscriptionId:
    """Return the id in a path.

    Raises:
        SubscriptionNotFound: the text is no UUID, so no subscription has it.
    """
    try:
        known = UUID(text)
    except ValueError:
        raise SubscriptionNotFound from None
    if str(known) != text.lower():
        raise SubscriptionNotFound
    return SubscriptionId(known)
