"""Refusals of a reader's cursor.

CursorRefused
 ├── CursorExpired
 └── CursorFromFuture
"""

from dataclasses import dataclass

from shared_domain.refusals import Refused


class CursorRefused(Refused):
    """A cursor that the log cannot go on from."""


@dataclass(eq=False)
class CursorExpired(CursorRefused):
    """The events behind the cursor have been deleted in part.

    The reader has missed some: it reads what it keeps of bookings and products anew, and goes on
    after ``expired_to``, the oldest cursor that is still good.
    """

    after: int
    expired_to: int


@dataclass(eq=False)
class CursorFromFuture(CursorRefused):
    """The cursor is a position that was never given: it is of another environment, or invented."""

    after: int
    last_position: int
