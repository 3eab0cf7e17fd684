"""Refusals of a call whose idempotency key was sent before.

::

    IdempotencyRefused
     ├── IdempotencyKeyReused     the key was sent before, with another request
     ├── CallStillRunning         the first call with this key has not ended
     └── AnswerNotKept            it was carried out, and its answer is gone

``Replayed`` is none of them: it carries the answer of the first call out of a transaction.
"""

from dataclasses import dataclass
from enum import Enum

from shared_domain.idempotency.model import Answer
from shared_domain.refusals import Refused


class IdempotencyRefused(Refused):
    """A call with an idempotency key that was sent before; this call has stored nothing."""


@dataclass(eq=False)
class IdempotencyKeyReused(IdempotencyRefused):
    """The key was sent before with another request; ``part`` is the first part that differs."""

    part: str
    #: The fingerprints of both requests as a whole.
    first: str
    repeated: str


class CallStillRunning(IdempotencyRefused):
    """The first call with this key has not ended; a retry in a moment gets its answer."""


class AnswerNotKept(IdempotencyRefused):
    """The first call was carried out; its answer was too long to keep, or a guest was erased."""


class KeyProblem(Enum):
    """Why a text cannot be an idempotency key."""

    EMPTY = "it is empty"
    TOO_LONG = "it has more characters than LONGEST_KEY"
    NOT_ASCII = "it holds other characters than those of ASCII that are printed"
    COMMA = "it holds a comma, as a header that is sent twice does"
    OPEN_QUOTE = "it begins with a quote that does not end with the text"


class InvalidKey(ValueError):
    """A text that cannot be an idempotency key."""

    def __init__(self, problem: KeyProblem) -> None:
        super().__init__(problem.value)
        self.problem = problem


class Replayed(Exception):
    """The call was carried out before; ``answer`` is what its caller gets.

    Raised by the first statement of a transaction, so that the service does not run again. The
    transaction is rolled back, and the exception handler of the API sends the answer.
    """

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer
