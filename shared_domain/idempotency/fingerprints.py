"""Fingerprints: tell a repeated request from another one that was sent with the same key.

Each part of a request has a hash of its own, so that a refusal can name the field that differs. The
hash is keyed with the caller's key, which is not stored: with the table alone, a guess of what was
sent, such as a guest's name, cannot be checked.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from uuid import UUID

from shared_domain.idempotency.errors import IdempotencyKeyReused
from shared_domain.idempotency.model import Answer, IdempotentCall
from shared_domain.partners import Access

#: A body with more fields, longer names, or names that PostgreSQL's JSON may not hold (NUL, lone
#: surrogates), has one hash as a whole.
MOST_FIELDS, LONGEST_NAME = 50, 64

#: The parts of a request that are no fields of its body.
METHOD, QUERY, BODY = "method", "query", "body"

#: Hexadecimal digits of a hash. It need not withstand a search for collisions: who sends two
#: requests that look alike harms themselves only.
_DIGITS = 16


def build_call(
    key: str, *, access: Access, method: str, path: str, query: str, body: bytes
) -> IdempotentCall:
    """Build the idempotent call of a request, with digests by which a repeat is recognised.

    A key is valid for one partner, mode (live or test) and path: with another path it is another
    key. The order of JSON fields and the blanks between them make no difference.
    """
    scope = json.dumps([access.partner_id, access.test_mode, path, key])
    secret = hashlib.sha256(b"fingerprint" + scope.encode()).digest()
    parts = {METHOD: method, QUERY: query, **_parts_of_body(body)}
    return IdempotentCall(
        access=access,
        key_digest=hashlib.sha256(scope.encode()).digest(),
        fingerprint={name: _keyed_hash(secret, part) for name, part in parts.items()},
        subject=_uuid_in_path(path),
    )


def check_same_request(first: Mapping[str, str], repeated: Mapping[str, str]) -> None:
    """Check that two fingerprints are of the same request.

    Raises:
        IdempotencyKeyReused: they differ; it names the first part that does.
    """
    for part in sorted(first.keys() | repeated.keys()):
        if first.get(part) != repeated.get(part):
            raise IdempotencyKeyReused(part, _as_one(first), _as_one(repeated))


def find_subject(call: IdempotentCall, answer: Answer) -> UUID | None:
    """Return the id of the booking or user that a call is about, from its path or its answer.

    The erasure of a person's data finds stored answers by it.
    """
    if call.subject is not None:
        return call.subject
    content = _parse(answer.body)
    if not isinstance(content, dict):
        return None
    return _as_uuid(content.get("uuid")) or _as_uuid(content.get("id"))


def _parts_of_body(body: bytes) -> dict[str, str]:
    content = _parse(body) if body.strip() else {}
    if (
        not isinstance(content, dict)
        or len(content) > MOST_FIELDS
        or any(len(name) > LONGEST_NAME or not name.isprintable() for name in content)
    ):
        return {BODY: body.hex() if content is None else _canonical(content)}
    # A field may be called like another part.
    return {
        f"{BODY}.{name}" if name in (METHOD, QUERY, BODY) else name: _canonical(value)
        for name, value in content.items()
    }


def _canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def _keyed_hash(secret: bytes, part: str) -> str:
    return hmac.new(secret, part.encode(), hashlib.sha256).hexdigest()[:_DIGITS]


def _as_one(fingerprint: Mapping[str, str]) -> str:
    return hashlib.sha256(_canonical(dict(fingerprint)).encode()).hexdigest()[:_DIGITS]


def _parse(body: bytes) -> object:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _uuid_in_path(path: str) -> UUID | None:
    return next(filter(None, map(_as_uuid, path.split("/"))), None)


def _as_uuid(text: object) -> UUID | None:
    try:
        return UUID(text) if isinstance(text, str) and len(text) == 36 else None
    except ValueError:
        return None
