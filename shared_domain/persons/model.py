"""The person to look for, and what was found."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from shared_domain import contact_data


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A guest or a user, identified by exactly one of these.

    ``email``: all that is stored under the address, compared case-folded. ``reference``: all who
    travel on one booking, by our reference. ``user_id``: one user of a partner, deleted or not,
    with the guest of each booking that names it.
    """

    email: str | None = None
    reference: str | None = None
    user_id: UUID | None = None

    def __post_init__(self) -> None:
        given = [self.email, self.reference, self.user_id]
        if sum(value is not None for value in given) != 1:
            raise ValueError("a person is looked for by one of e-mail, reference and user id")

    def has_address(self, address: object) -> bool:
        """Return whether a stored address is that of the person; a blank one is of no person."""
        if self.email is None or not isinstance(address, str):
            return False
        wanted = contact_data.email_key(self.email)
        return bool(wanted) and contact_data.email_key(address) == wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundBooking:
    """A booking that names the person, or of which a message went to their address.

    ``tickets`` are the ids of tickets in their name. ``mails`` are the ids of the messages to their
    address; for a lead guest, all messages about the booking are theirs.
    """

    id: int
    reference: str
    is_lead: bool
    tickets: tuple[int, ...]
    mails: tuple[int, ...]
    #: When the departure ends; None for a booking without one.
    ends_at: datetime | None
    #: Whether the status lets anyone still travel on it.
    is_live: bool
    #: The columns that may say who the person is.
    stored: Mapping[str, Any]

    @property
    def is_travelled(self) -> bool:
        """False for a person who was only sent a message about the booking."""
        return self.is_lead or bool(self.tickets)

    def is_ahead(self, now: datetime) -> bool:
        is_over = not self.is_live or (self.ends_at is not None and self.ends_at <= now)
        return self.is_travelled and not is_over


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundUser:
    id: UUID
    stored: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """All that is stored about a person."""

    bookings: tuple[FoundBooking, ...]
    users: tuple[FoundUser, ...]

    def __bool__(self) -> bool:
        return bool(self.bookings or self.users)


@dataclass(frozen=True, slots=True, kw_only=True)
class OwedErasure:
    """A deleted user whose bookings are to lose their guest once their travel is over."""

    user_id: UUID
    owed_since: datetime
