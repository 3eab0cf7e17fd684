"""Signing secrets and signatures of webhooks (Standard Webhooks 1.0, symmetric).

A secret is derived from a key of the installation, the endpoint's id and a version, so that no
table, dump, history or log can hold one. Rotation takes the next version. Source of the formats:
https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from shared_domain.webhooks.errors import SecretsNotConfigured

SECRET_PREFIX = "whsec_"  # noqa: S105


@dataclass(frozen=True, slots=True)
class SecretVersion:
    """The version of an endpoint's secret: its number, and the key from which it was derived."""

    number: int
    key_id: str


@dataclass(frozen=True, slots=True)
class SigningKeys:
    """The keys of the installation: the first derives new secrets, the others older ones."""

    _keys: Mapping[str, bytes] = field(repr=False)

    @classmethod
    def parse(cls, text: str | None) -> "SigningKeys":
        """Return the keys of ``PORTICO_WEBHOOK_KEY``: one, or several separated by commas."""
        keys = [part.strip().encode() for part in (text or "").split(",") if part.strip()]
        return cls({hashlib.sha256(key).hexdigest()[:8]: key for key in keys})

    def next_version(self, after: SecretVersion | None = None) -> SecretVersion:
        """Return the version that follows, derived from the first key.

        Raises:
            SecretsNotConfigured: there is no key.
        """
        for key_id in self._keys:
            return SecretVersion(1 if after is None else after.number + 1, key_id)
        raise SecretsNotConfigured

    @property
    def key_ids(self) -> tuple[str, ...]:
        """The ids of the keys, which say nothing about them; of the first key first."""
        return tuple(self._keys)

    def can_derive(self, key_id: str) -> bool:
        """Return whether a secret that was derived from this key can be derived again."""
        return key_id in self._keys

    def encryption_key(
        self, purpose: str, *, key_id: str | None = None
    ) -> tuple[str, bytes] | None:
        """Return 32 bytes for encryption, with the id of the key from which they are derived.

        Without ``key_id`` they are derived from the first key; None if there is no such key. Each
        purpose has bytes of its own.
        """
        chosen = next(iter(self._keys), "") if key_id is None else key_id
        key = self._keys.get(chosen)
        if key is None:
            return None
        return chosen, hmac.new(key, f"portico {purpose}".encode(), hashlib.sha256).digest()

    def derive(self, endpoint: UUID, version: SecretVersion) -> str:
        """Return a secret as partners keep it: ``whsec_`` and 32 bytes in base64.

        Raises:
            SecretsNotConfigured: the key from which it was derived is not known any more.
        """
        key = self._keys.get(version.key_id)
        if key is None:
            raise SecretsNotConfigured
        purpose = f"portico webhook secret {endpoint} {version.number}"
        secret = hmac.new(key, purpose.encode(), hashlib.sha256).digest()
        return SECRET_PREFIX + base64.b64encode(secret).decode()


def signed_headers(
    message_id: str, body: bytes, *, secrets: Sequence[str], now: datetime
) -> dict[str, str]:
    """Return the headers of one attempt; a signature by each secret, the newest first."""
    moment = int(now.timestamp())
    content = f"{message_id}.{moment}.".encode() + body
    signatures = [_sign(content, secret) for secret in secrets]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(moment),
        "webhook-signature": " ".join(signatures),
    }


def _sign(content: bytes, secret: str) -> str:
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    digest = hmac.new(key, content, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"
