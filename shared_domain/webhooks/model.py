"""Webhook endpoints: what a partner sets, how their secrets rotate, and when they are disabled."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType
from uuid import UUID

from shared_domain.contact_data import InvalidText, normalise_line
from shared_domain.events import PublishedType
from shared_domain.partners import Access, PartnerId
from shared_domain.webhooks.errors import (
    EndpointNotFound,
    InvalidDescription,
    SecretOverlapOutOfRange,
    TypesNotReadable,
)
from shared_domain.webhooks.signing import SecretVersion, SigningKeys

EndpointId = NewType("EndpointId", UUID)

#: Endpoints of one partner in one mode.
MOST_ENDPOINTS = 20

LONGEST_DESCRIPTION = 200

#: How long the old secret goes on beside the new one.
DEFAULT_OVERLAP = timedelta(hours=24)
LONGEST_OVERLAP = timedelta(days=7)


class DisabledBy(StrEnum):
    """By whom, or for which reason, an endpoint was disabled."""

    PARTNER = "partner"
    STAFF = "staff"
    #: It answered 410 Gone.
    GONE = "gone"
    #: It has accepted nothing for days.
    FAILURE = "failure"


class EndpointStatus(StrEnum):
    """The status of an endpoint, as partners and staff read it."""

    ENABLED = "enabled"
    #: Its last deliveries failed; they are tried again.
    FAILING = "failing"
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookEndpoint:
    """A URL of a partner to which events are delivered; without ``types``, those of every type."""

    id: EndpointId
    partner_id: PartnerId
    test_mode: bool
    url: str
    description: str
    types: tuple[PublishedType, ...]
    secret: SecretVersion
    previous_secret: SecretVersion | None
    previous_secret_until: datetime | None
    disabled_by: DisabledBy | None
    disabled_at: datetime | None
    created_at: datetime
    updated_at: datetime

    @property
    def access(self) -> Access:
        """The partner and mode that the endpoint belongs to."""
        return Access(partner_id=self.partner_id, test_mode=self.test_mode)

    @property
    def is_enabled(self) -> bool:
        return self.disabled_by is None

    def derive_secrets(self, keys: SigningKeys, *, now: datetime) -> list[str]:
        """Return the secrets that sign at ``now``, the newest first.

        The previous one is left out when the key is gone from which it was derived.

        Raises:
            SecretsNotConfigured: the present one cannot be derived.
        """
        secrets = [keys.derive(self.id, self.secret)]
        previous, until = self.previous_secret, self.previous_secret_until
        if previous is None or until is None or now >= until:
            return secrets
        if keys.can_derive(previous.key_id):
            secrets.append(keys.derive(self.id, previous))
        return secrets

    def rotate(self, keys: SigningKeys, *, overlap: timedelta, now: datetime) -> "WebhookEndpoint":
        """Return this endpoint with its next secret; the one before signs too for ``overlap``.

        Not when the key is gone from which that one was derived.

        Raises:
            SecretsNotConfigured, SecretOverlapOutOfRange
        """
        if not timedelta(0) <= overlap <= LONGEST_OVERLAP:
            raise SecretOverlapOutOfRange(longest_hours=LONGEST_OVERLAP // timedelta(hours=1))
        overlaps = bool(overlap) and keys.can_derive(self.secret.key_id)
        return replace(
            self,
            secret=keys.next_version(self.secret),
            previous_secret=self.secret if overlaps else None,
            previous_secret_until=now + overlap if overlaps else None,
            updated_at=now,
        )

    def disable(self, by: DisabledBy, *, now: datetime) -> "WebhookEndpoint":
        """Return this endpoint, disabled; the first reason stays."""
        if not self.is_enabled:
            return self
        return replace(self, disabled_by=by, disabled_at=now, updated_at=now)

    def enable(self, *, now: datetime) -> "WebhookEndpoint":
        """Return this endpoint, enabled."""
        if self.is_enabled:
            return self
        return replace(self, disabled_by=None, disabled_at=None, updated_at=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointHealth:
    """The health of an endpoint: its position in the log, and its last deliveries.

    The log is read up to ``position``: later events have not been looked at. ``waiting`` are
    deliveries that failed, or that wait behind one that did.
    """

    position: int
    has_unread: bool
    waiting: int
    failing_since: datetime | None
    paused_until: datetime | None
    last_success_at: datetime | None
    last_failure_at: datetime | None
    replays_until: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointWithHealth:
    """An endpoint with the state of its deliveries."""

    endpoint: WebhookEndpoint
    health: EndpointHealth

    @property
    def status(self) -> EndpointStatus:
        if not self.endpoint.is_enabled:
            return EndpointStatus.DISABLED
        if self.health.failing_since is not None:
            return EndpointStatus.FAILING
        return EndpointStatus.ENABLED


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointChange:
    """A change of an endpoint; None leaves a field as it is."""

    url: str | None = None
    description: str | None = None
    types: tuple[PublishedType, ...] | None = None


def validated_description(text: str) -> str:
    """Return the description on one line; it may be empty.

    Raises:
        InvalidDescription
    """
    try:
        return normalise_line(text, longest=LONGEST_DESCRIPTION) or ""
    except InvalidText:
        raise InvalidDescription(longest=LONGEST_DESCRIPTION) from None


def validated_types(
    wanted: Iterable[PublishedType], *, readable: frozenset[PublishedType]
) -> tuple[PublishedType, ...]:
    """Return the types to store for an endpoint, in the order of ``PublishedType``.

    An empty ``wanted`` means all types. It is stored as empty where all types are readable, so that
    the endpoint gets types that are added later, and otherwise as the types readable now.

    Raises:
        TypesNotReadable: some of the wanted types need scopes that the caller lacks.
    """
    chosen = frozenset(wanted)
    if chosen:
        check_types_readable(chosen, readable=readable)
    if not chosen and readable == frozenset(PublishedType):
        return ()
    return tuple(kind for kind in PublishedType if kind in (chosen or readable))


def check_types_readable(
    types: Iterable[PublishedType], *, readable: frozenset[PublishedType]
) -> None:
    """Check that a caller may read all that an endpoint of these types gets; empty for all types.

    Raises:
        TypesNotReadable
    """
    if forbidden := (frozenset(types) or frozenset(PublishedType)) - readable:
        raise TypesNotReadable(types=tuple(sorted(kind.value for kind in forbidden)))


def parse_endpoint_id(text: str) -> EndpointId:
    """Return the id in a path.

    Raises:
        EndpointNotFound: the text is no UUID, so no endpoint has it.
    """
    try:
        known = UUID(text)
    except ValueError:
        raise EndpointNotFound from None
    if str(known) != text.lower():
        raise EndpointNotFound
    return EndpointId(known)
