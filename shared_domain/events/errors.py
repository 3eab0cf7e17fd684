"""Refusals of a reader's cursor.

CursorRefused
 ├── CursorExpired
 └── CursorFromFuture
"""

from dataclasses import dataclass

from shared_domain.refusals import Refused


class CursorRefused(Refused):
    """A cursor after which the log of events cannot be read."""


@dataclass(eq=False)
class CursorExpired(CursorRefused):
    """Events after the cursor have expired, so the log cannot be read from there without a gap.

    The reader has missed some: it has to fetch the bookings and products that it stores anew, and
    to continue after ``expired_to``, the oldest valid cursor.
    """

    after: int
    expired_to: int


@dataclass(eq=False)
class CursorFromFuture(CursorRefused):
    """The cursor is a position that no event has yet: it is of another environment, or made up."""

    after: int
    last_position: int
