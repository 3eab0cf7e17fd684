"""Refusals of requests about users.

UserRefused
 ├── UserNotFound
 ├── EmailTaken
 ├── InvalidEmail
 ├── AgeOutOfRange
 └── InvalidCursor

None of them repeats an e-mail address: refusals end up in logs.
"""

from dataclasses import dataclass
from typing import ClassVar

from shared_domain.contact_data import TextFlaw
from shared_domain.refusals import Refused


class UserRefused(Refused):
    """A request about a user that is turned down."""


class UserNotFound(UserRefused):
    """No such user, or another partner's, or of the other mode: callers cannot tell which."""


class EmailTaken(UserRefused):
    """Another user of the same partner has this address, compared case-folded."""


@dataclass(eq=False)
class InvalidEmail(UserRefused):
    """The address is not valid; ``flaw`` is the rule that it breaks."""

    stable_name: ClassVar[str | None] = "email-unusable"

    flaw: TextFlaw


@dataclass(eq=False)
class AgeOutOfRange(UserRefused):
    """The age is negative, or higher than ``oldest``, the age that people reach."""

    oldest: int


class InvalidCursor(UserRefused):
    """The cursor is not one that the list returned."""

    stable_name: ClassVar[str | None] = "cursor-unusable"
