"""The protocol between the edge and Django: headers, tokens, channels, settings and verdicts.

========================== =============== ========================================================
``X-Portico-Shadow``       edge ▶ Django   the request is only compared, it is no call of a caller
``X-Portico-Release``      both ways       a token asks for Django's release; the response names it
``X-Portico-Effects``      both ways       a token asks which rows are written; the response lists
``X-Portico-Dry-Run``      edge ▶ Django   carry out the request and roll it back
``X-Portico-Problem``      Django ▶ edge   what a refusal tells: its name and the fields at fault
``Portico-Compare``        client ▶ edge   compare this request now (``rollout replay``)
``Portico-Parity``         edge ▶ client   the verdict of such a comparison
``Portico-Differences``    edge ▶ client   its redacted differences, as JSON
========================== =============== ========================================================

The edge drops the ``X-Portico-`` headers of callers. A request is believed by the token in its
header, an HMAC of its purpose under the key that both halves share (``PORTICO_PARITY_KEY``).
"""

import hashlib
import hmac
import re
from collections.abc import Iterable
from enum import StrEnum
from functools import cache
from itertools import islice
from typing import Final

SHADOW_HEADER: Final = "x-portico-shadow"
RELEASE_HEADER: Final = "x-portico-release"
EFFECTS_HEADER: Final = "x-portico-effects"
DRY_RUN_HEADER: Final = "x-portico-dry-run"
PROBLEM_HEADER: Final = "x-portico-problem"

#: Headers that only the edge may send to Django: whatever a caller sends under these is dropped.
EDGE_ONLY_HEADERS: Final = frozenset(
    {SHADOW_HEADER, RELEASE_HEADER, EFFECTS_HEADER, DRY_RUN_HEADER}
)

COMPARE_HEADER: Final = "portico-compare"
PARITY_HEADER: Final = "portico-parity"
DIFFERENCES_HEADER: Final = "portico-differences"

#: Where the edge sends requests for a dry run. No Django project has a view there; where one has,
#: the header decides.
DRY_RUN_PATH: Final = "/.well-known/portico-dry-run"

#: PostgreSQL notifies edge processes here when an endpoint, a pin or a guard changes.
ENDPOINT_CHANNEL: Final = "portico_endpoint"

#: PostgreSQL notifies edge processes here when an API key or its partner changes.
API_KEY_CHANNEL: Final = "portico_api_key"

#: PostgreSQL notifies edge processes and workers here when events have got their positions, with
#: the last one as payload. (The function that notifies is one of Django's migrations.)
POSITION_CHANNEL: Final = "event_positions"

#: Settings of a PostgreSQL session by which either half lets triggers record the rows that it
#: writes (``core_site/rollout/effects.sql``): for how long, ``transaction`` or ``session``; a role
#: that must be able to read what is recorded; the rows, and how many parts of them come before.
EFFECTS_SETTING: Final = "portico.effects"
EFFECTS_READER_SETTING: Final = "portico.effects_reader"
EFFECTS_SEEN_SETTING: Final = "portico.effects_seen"
EFFECTS_PARTS_SETTING: Final = "portico.effects_parts"

#: The number of a part follows.
EFFECTS_PART_SETTING: Final = "portico.effects_part_"


class Purpose(StrEnum):
    """The purposes of a token: each allows its bearer one kind of request."""

    COMPARE = "portico compare"
    RELEASE = "portico release"
    EFFECTS = "portico effects"
    DRY_RUN = "portico dry run"


@cache
def token(purpose: Purpose, parity_key: str) -> str:
    """Return the HMAC-SHA-256 by which a request proves that its sender has the parity key."""
    return hmac.new(parity_key.encode(), purpose.encode(), hashlib.sha256).hexdigest()


def is_token(sent: str, purpose: Purpose, parity_key: str) -> bool:
    """Return whether a header is the token of this key; with an empty key, always False."""
    expected = token(purpose, parity_key)
    return bool(parity_key) and hmac.compare_digest(sent.encode(), expected.encode())


#: Stands for the name of a field that the caller made up: it may be anything.
MADE_UP_NAME: Final = "(unknown field)"

_MOST_FIELDS = 10
_PROBLEM_NAME = re.compile(r"[a-z][a-z0-9-]{0,63}|")
_FIELD = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}|\(unknown field\)")


def pack_problem(name: str, fields: Iterable[str]) -> str:
    """Return the value of ``X-Portico-Problem``; what cannot be the name of a field is left out."""
    known = filter(_FIELD.fullmatch, dict.fromkeys(fields))
    return f"{name};{','.join(islice(known, _MOST_FIELDS))}"


def unpack_problem(packed: str) -> tuple[str, tuple[str, ...]] | None:
    """Return the name and the fields of ``X-Portico-Problem``; None where it is malformed."""
    name, _, fields = packed.partition(";")
    names = tuple(fields.split(",")) if fields else ()
    is_sound = len(names) <= _MOST_FIELDS and all(map(_FIELD.fullmatch, names))
    return (name, names) if is_sound and _PROBLEM_NAME.fullmatch(name) else None


class Verdict(StrEnum):
    """The result of a comparison of the two halves, or why there was none."""

    MATCH = "match"
    #: The edge differs, confirmed by asking again.
    MISMATCH = "mismatch"
    #: The edge gave two answers to one question, while Django gave one.
    UNSTABLE = "unstable"
    #: The data changed in between, or Django failed.
    UNDECIDED = "undecided"
    #: The edge had no database.
    UNAVAILABLE = "unavailable"
    #: A response or its written rows exceed what is compared.
    TOO_LARGE = "too large"
    #: A response is encoded in a way that cannot be decoded here.
    UNREADABLE = "unreadable"
    #: It took too long, waited for a lock for too long, or the process was busy.
    ABANDONED = "abandoned"
    #: A dry run of the edge could not be rolled back: it writes to a database of its own.
    FOREIGN_DATA = "foreign data"
    #: Django's view allows no dry run.
    NO_DRY_RUN = "no dry run"

    @property
    def differs(self) -> bool:
        return self in (Verdict.MISMATCH, Verdict.UNSTABLE)

    @property
    def is_compared(self) -> bool:
        """Whether both responses were seen and the comparison came to a result."""
        return self is Verdict.MATCH or self.differs
