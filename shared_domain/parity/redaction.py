"""Redact differences for storage: path, kind, length and keyed hashes are kept, values are not.

Equal values have equal hashes, and a hash discloses nothing without the key. Values that the rules
call public are stored in clear, as are statuses and media types.
"""

import hashlib
import hmac
import re
from decimal import Decimal

from shared_domain.parity.differences import (
    ABSENT,
    WAY_OUT,
    Difference,
    Kind,
    is_field_name,
    redacted_path,
)
from shared_domain.parity.rules import Rules
from shared_domain.parity.values import json_type

_LONGEST_IN_CLEAR = 200
_MOST_KEYS = 50
_HASH_DIGITS = 12
_MEDIA_TYPE = re.compile(r"[a-z]{1,20}/[a-z0-9.+-]{1,60}(?:; ?charset=[a-z0-9-]{1,20})?")
_ROW = re.compile(r"rows:[^/]+/\d+")
_ACTIONS = frozenset({"insert", "update", "delete"})


def redact(difference: Difference, *, key: bytes, rules: Rules) -> dict[str, object]:
    """Return a difference without its values, as JSON that may be stored."""
    return {
        "path": redacted_path(difference.path),
        "kind": difference.kind.value,
        "django": _shown(difference.django, difference, key, rules),
        "edge": _shown(difference.edge, difference, key, rules),
    }


def _shown(value: object, difference: Difference, key: bytes, rules: Rules) -> dict[str, object]:
    if value is ABSENT:
        return {"type": "absent"}
    if value is None:
        return {"type": "null"}
    if isinstance(value, bytes):
        return {"type": "bytes", "length": len(value), "hash": _hash(value, key)}
    kind = json_type(value)
    if isinstance(value, list):
        return {"type": kind, "length": len(value)}
    if isinstance(value, dict):
        return {"type": kind, "keys": sorted(filter(is_field_name, value))[:_MOST_KEYS]}
    shown: dict[str, object] = {"type": "number" if isinstance(value, int | Decimal) else kind}
    if isinstance(value, bool):
        shown["type"] = kind
    if _is_public(value, difference, rules):
        return shown | {"value": str(value) if isinstance(value, Decimal) else value}
    if isinstance(value, str):
        shown["length"] = len(value)
    return shown | {"hash": _hash(f"{kind}:{value}".encode("utf-8", "surrogatepass"), key)}


def _is_public(value: object, difference: Difference, rules: Rules) -> bool:
    if difference.kind is Kind.STATUS:
        return True
    if difference.path.startswith(WAY_OUT):
        # A name of the endpoint's code.
        return len(str(value)) <= _LONGEST_IN_CLEAR
    if difference.path == "header:content-type":
        return _MEDIA_TYPE.fullmatch(str(value).lower()) is not None
    if value in _ACTIONS and _ROW.fullmatch(difference.path):
        return True
    return len(str(value)) <= _LONGEST_IN_CLEAR and rules.is_public(difference.path)


def _hash(content: bytes, key: bytes) -> str:
    return hmac.new(key, content, hashlib.sha256).hexdigest()[:_HASH_DIGITS]
