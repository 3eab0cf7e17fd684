"""Encrypts the headers of subscriptions: AES-256 in GCM, which also detects what was altered.

The key is derived from ``PORTICO_WEBHOOK_KEY``. A sealed text is the id of that key, a full stop,
and nonce with ciphertext in base64. The subscription's id is authenticated with it, so that headers
copied to another row cannot be opened. Source: NIST SP 800-38D, section 8.2.2 (random nonces).
"""

import base64
import os
from uuid import UUID

from shared_domain.notifications import HeadersUnreadable, SealingNotConfigured, SigningKeys

NONCE_BYTES = 12

_PURPOSE = "notification headers"


class AesGcmSealer:
    """Encrypts headers with AES-256-GCM: the ``HeaderSealer`` of the edge and of the worker."""

    def __init__(self, keys: SigningKeys) -> None:
        self._keys = keys

    def seal(self, text: str, *, subscription: UUID) -> str:
        found = self._keys.encryption_key(_PURPOSE)
        if found is None:
            raise SealingNotConfigured
        # Only here and below: it takes 7 MB of each process, of which few ever seal anything.
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        key_id, key = found
        nonce = os.urandom(NONCE_BYTES)
        sealed = AESGCM(key).encrypt(nonce, text.encode(), subscription.bytes)
        return f"{key_id}.{base64.b64encode(nonce + sealed).decode()}"

    def open(self, sealed: str, *, subscription: UUID) -> str:
        key_id, _, content = sealed.partition(".")
        found = self._keys.encryption_key(_PURPOSE, key_id=key_id)
        if found is None:
            raise HeadersUnreadable
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        try:
            raw = base64.b64decode(content, validate=True)
            opened = AESGCM(found[1]).decrypt(
                raw[:NONCE_BYTES], raw[NONCE_BYTES:], subscription.bytes
            )
        except (InvalidTag, ValueError):  # What is no base64 is a ValueError too.
            raise HeadersUnreadable from None
        return opened.decode()
