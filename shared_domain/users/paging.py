"""Pages of a list of users: newest first, by cursor (keyset pagination).

Every page costs the same, and a user created meanwhile neither repeats nor hides another one. The
cursor is opaque to callers and needs no signature: it only says where to begin in the caller's own
list.
"""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from shared_domain.users.errors import InvalidCursor
from shared_domain.users.model import User, UserId

DEFAULT_PAGE_SIZE = 20
LARGEST_PAGE_SIZE = 100

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MOMENT_BYTES = 8
_CURSOR_BYTES = _MOMENT_BYTES + 16


@dataclass(frozen=True, slots=True)
class Position:
    """A position in the list: after the user with this moment and id."""

    created_at: datetime
    user_id: UserId

    def as_cursor(self) -> str:
        microseconds = (self.created_at - _EPOCH) // timedelta(microseconds=1)
        packed = microseconds.to_bytes(_MOMENT_BYTES, "big", signed=True) + self.user_id.bytes
        return urlsafe_b64encode(packed).decode()

    @classmethod
    def from_cursor(cls, cursor: str) -> "Position":
        """Return the position that a cursor encodes.

        Raises:
            InvalidCursor: it is not one that ``as_cursor`` made.
        """
        try:
            packed = urlsafe_b64decode(cursor.encode("ascii"))
            if len(packed) != _CURSOR_BYTES:
                raise InvalidCursor
            microseconds = int.from_bytes(packed[:_MOMENT_BYTES], "big", signed=True)
            created_at = _EPOCH + timedelta(microseconds=microseconds)
        except (UnicodeEncodeError, binascii.Error, OverflowError):
            raise InvalidCursor from None
        position = cls(created_at, UserId(UUID(bytes=packed[_MOMENT_BYTES:])))
        # The decoder skips characters that it does not know; we do not.
        if position.as_cursor() != cursor:
            raise InvalidCursor
        return position


#: Before every user: where the first page begins.
TOP = Position(datetime.max.replace(tzinfo=UTC), UserId(UUID(int=2**128 - 1)))


@dataclass(frozen=True, slots=True)
class Page:
    """Some users of the list; ``next_cursor`` is None on the last page."""

    users: tuple[User, ...]
    next_cursor: str | None


def make_page(found: list[User], *, size: int) -> Page:
    """Return a page of ``size`` users; ``found`` has one more if another page follows."""
    users = tuple(found[:size])
    if len(found) <= size:
        return Page(users, None)
    return Page(users, Position(users[-1].created_at, users[-1].id).as_cursor())
