"""The protocol between the edge and Django: header names, tokens, NOTIFY channels and verdicts.

========================== =============== ========================================================
``X-Portico-Shadow``       edge ▶ Django   the request is only compared, it is no call of a caller
``X-Portico-Release``      both ways       a token asks for Django's release; the response names it
``X-Portico-Effects``      both ways       a token asks which rows are written; the response lists
``X-Portico-Dry-Run``      edge ▶ Django   carry out the request and roll it back
``Portico-Compare``        client ▶ edge   compare this request now (``rollout replay``)
``Portico-Parity``         edge ▶ client   the verdict of such a comparison
``Portico-Differences``    edge ▶ client   its redacted differences, as JSON
========================== =============== ========================================================

The edge drops the ``X-Portico-`` headers of callers. A request is believed by the token in its
header, an HMAC of its purpose under the key that both halves share (``PORTICO_PARITY_KEY``).
"""

import hashlib
import hmac
from enum import StrEnum
from functools import cache
from typing import Final

SHADOW_HEADER: Final = "x-portico-shadow"
RELEASE_HEADER: Final = "x-portico-release"
EFFECTS_HEADER: Final = "x-portico-effects"
DRY_RUN_HEADER: Final = "x-portico-dry-run"

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


class Purpose(StrEnum):
    """What a token allows its bearer to ask for."""

    COMPARE = "portico compare"
    RELEASE = "portico release"
    EFFECTS = "portico effects"
    DRY_RUN = "portico dry run"


@cache
def token(purpose: Purpose, parity_key: str) -> str:
    """Return the HMAC-SHA-256 by which a request proves that its sender has the parity key."""
    return hmac.new(parity_key.encode(), purpose.encode(), hashlib.sha256).hexdigest()


def is_token(sent: str, purpose: Purpose, parity_key: str) -> bool:
    """Return whether a header bears the token; an empty key allows nothing."""
    expected = token(purpose, parity_key)
    return bool(parity_key) and hmac.compare_digest(sent.encode(), expected.encode())


class Verdict(StrEnum):
    """What a comparison of the two halves has shown, or why there was none."""

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
