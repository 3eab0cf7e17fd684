"""Counts of calls by class of status, and refused calls without anything that a caller sent."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from http import HTTPMethod, HTTPStatus

from shared_domain.partners import ApiKeyId

CALLS_KEPT_FOR = timedelta(days=90)

#: Whichever is less: so many of a partner, or the refusals of so long.
REFUSALS_KEPT = 200
REFUSALS_KEPT_FOR = timedelta(days=30)

#: Fields at fault that a refusal names.
MOST_FIELDS = 10

_METHODS = frozenset(HTTPMethod)


@dataclass(slots=True, kw_only=True)
class Calls:
    """Calls of one key by class of status: each call is counted in exactly one of them."""

    #: 2xx and 3xx.
    succeeded: int = 0
    #: 4xx other than 429.
    refused: int = 0
    #: 429, too many calls: nothing was done.
    limited: int = 0
    #: 5xx.
    failed: int = 0

    @property
    def total(self) -> int:
        return self.succeeded + self.refused + self.limited + self.failed

    @property
    def unsuccessful_percent(self) -> float:
        """The share of calls that were not answered with success, in per cent."""
        return 100 * (self.total - self.succeeded) / self.total if self.total else 0.0

    def count(self, status: int) -> None:
        """Count a call by the status of its answer."""
        if status < 400:
            self.succeeded += 1
        elif status == HTTPStatus.TOO_MANY_REQUESTS:
            self.limited += 1
        elif status < 500:
            self.refused += 1
        else:
            self.failed += 1

    def add(self, other: "Calls") -> None:
        """Add the counts of another process, hour or key."""
        self.succeeded += other.succeeded
        self.refused += other.refused
        self.limited += other.limited
        self.failed += other.failed


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A call that was answered with 4xx or 5xx, without any value that the caller sent."""

    api_key_id: ApiKeyId
    at: datetime
    method: str
    #: ``/octo/bookings/{uuid}``; empty where no endpoint has the path.
    path_template: str
    status: int
    #: OCTO's error code, or the type of an RFC 9457 problem; empty where Django answered.
    code: str
    #: The name of the refusal, such as ``hold-expired``; empty where there is none.
    reason: str
    fields: tuple[str, ...]
    request_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedRefusal(Refusal):
    """A stored refusal, with the label of the key that the call was made with."""

    key_label: str


@dataclass(frozen=True, slots=True)
class CallsOfDay:
    """The calls of a partner's keys on one day in UTC."""

    day: date
    calls: Calls


@dataclass(frozen=True, slots=True)
class CallsOfKey:
    """The calls of one key, and the moment of its last one."""

    api_key_id: ApiKeyId
    label: str
    prefix: str
    calls: Calls
    last_call_at: datetime


def normalise_method(method: str) -> str:
    """Return the HTTP method, or ``OTHER`` for a name that the caller made up."""
    return method if method in _METHODS else "OTHER"
