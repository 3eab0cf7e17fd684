"""Idempotent calls, their answers, the outcome of a commit, and for how long each is kept."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from uuid import UUID

from shared_domain.partners import Access

#: How long the answer of an idempotent call is kept: at least; its partition is dropped afterwards.
KEPT_FOR = timedelta(days=30)

#: How long a record without a key is kept. A commit is in doubt for seconds; a day is what a
#: process may have been frozen for.
COMMITS_KEPT_FOR = timedelta(days=1)

#: Headers that belong to one response, and are not kept with an answer.
OF_ONE_RESPONSE = frozenset({"content-length", "date", "set-cookie", "x-request-id"})

#: A longer answer is not kept: a repeat is refused with ``AnswerNotKept``, and its caller can read
#: the resource.
MOST_ANSWER_BYTES = 1024 * 1024


class CommitOutcome(StrEnum):
    """Whether the work of a transaction is stored."""

    #: Nothing is stored, and nothing will be.
    NOT_STORED = "nothing"
    COMMITTED = "committed"
    #: COMMIT was sent, and its outcome could not be found out.
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class IdempotentCall:
    """A request with an idempotency key; ``build_call`` in ``fingerprints`` makes one."""

    access: Access
    #: SHA-256 of partner, mode, path and key: the key itself is not stored.
    key_digest: bytes
    #: A keyed hash of each part of the request, by the part's name.
    fingerprint: Mapping[str, str]
    #: What the path names, if anything.
    subject: UUID | None

    @property
    def lock(self) -> int:
        """The number of the advisory lock that a call holds while it runs."""
        return int.from_bytes(self.key_digest[:8], "big", signed=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The response to a call that was carried out, as it is sent to each repeat."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @classmethod
    def from_response(
        cls, status: int, headers: Iterable[tuple[str, str]], body: bytes
    ) -> "Answer":
        """Return a response as it is stored, without the headers ``OF_ONE_RESPONSE``."""
        lowered = {name.lower(): value for name, value in headers}
        kept = {name: value for name, value in lowered.items() if name not in OF_ONE_RESPONSE}
        return cls(status=status, headers=kept, body=body)

    @property
    def forbids_storing(self) -> bool:
        """Whether Cache-Control forbids to store the body, as when it shows a secret once."""
        return "no-store" in self.headers.get("cache-control", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierCall:
    """The stored record of an earlier call; ``answer`` is None where that is not kept."""

    fingerprint: Mapping[str, str]
    answer: Answer | None
