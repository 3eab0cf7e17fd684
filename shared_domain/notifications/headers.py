"""The headers that a partner wants to be sent with each notification: checked, then sealed.

They authenticate Portico at the partner's server, so they are secrets of the partner's: stored
encrypted, shown only to the partner, never logged.
"""

import json
import re
from collections.abc import Mapping
from typing import Protocol
from uuid import UUID

from shared_domain.notifications.errors import HeaderProblem, InvalidHeader, TooManyHeaders

MOST_HEADERS = 20
LONGEST_HEADER_NAME, LONGEST_HEADER_VALUE = 100, 2_000

#: Source: RFC 9110, section 5.6.2 (token) and 5.5 (field values, without obs-text).
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[\x21-\x7e](?:[\x20-\x7e\t]*[\x21-\x7e])?")

#: Source: RFC 9110, section 7.6.1 (hop-by-hop), and what the HTTP client sets itself.
_RESERVED = frozenset(
    {
        *("connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding"),
        *("upgrade", "host", "expect", "user-agent", "accept-encoding", "via", "forwarded"),
    }
)
_RESERVED_PREFIXES = ("content-", "proxy-", "x-forwarded-")


class HeaderSealer(Protocol):
    """Encrypts the headers of a subscription (``api_edge.octo.notifications.header_encryption``).

    The worker of Django gets it by the setting ``HEADER_SEALER``: this package has no library for
    encryption, and neither half imports the other.
    """

    def seal(self, text: str, *, subscription: UUID) -> str:
        """Return a text encrypted, so that it can be opened for this subscription only.

        Raises:
            SealingNotConfigured
        """
        ...

    def open(self, sealed: str, *, subscription: UUID) -> str:
        """Return the text that was sealed.

        Raises:
            HeadersUnreadable: sealed with a key that is gone, for another subscription, or altered.
        """
        ...


def validated_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Return headers that can be sent with each notification, as they were given.

    Raises:
        TooManyHeaders, InvalidHeader
    """
    if len(headers) > MOST_HEADERS:
        raise TooManyHeaders(most=MOST_HEADERS)
    known: set[str] = set()
    for number, (name, value) in enumerate(headers.items()):
        problem = _problem_of_name(name, known) or _problem_of_value(value)
        if problem is not None:
            raise InvalidHeader(number, problem)
        known.add(name.lower())
    return dict(headers)


def seal_headers(headers: Mapping[str, str], *, subscription: UUID, sealer: HeaderSealer) -> str:
    """Return headers encrypted, as they are stored; an empty text where there are none.

    Raises:
        SealingNotConfigured
    """
    return sealer.seal(json.dumps(dict(headers)), subscription=subscription) if headers else ""


def open_headers(sealed: str, *, subscription: UUID, sealer: HeaderSealer) -> dict[str, str]:
    """Return the headers that were sealed.

    Raises:
        HeadersUnreadable
    """
    if not sealed:
        return {}
    opened: dict[str, str] = json.loads(sealer.open(sealed, subscription=subscription))
    return opened


def _problem_of_name(name: str, known: set[str]) -> HeaderProblem | None:
    if len(name) > LONGEST_HEADER_NAME:
        return HeaderProblem.NAME_TOO_LONG
    if not _NAME.fullmatch(name):
        return HeaderProblem.NAME_MALFORMED
    lowered = name.lower()
    if lowered in _RESERVED or lowered.startswith(_RESERVED_PREFIXES):
        return HeaderProblem.NAME_RESERVED
    return HeaderProblem.NAME_REPEATED if lowered in known else None


def _problem_of_value(value: str) -> HeaderProblem | None:
    if len(value) > LONGEST_HEADER_VALUE:
        return HeaderProblem.VALUE_TOO_LONG
    return None if _VALUE.fullmatch(value) else HeaderProblem.VALUE_MALFORMED
