"""Why something about a user is turned down.

UserRefused
 ├── UserNotFound
 ├── EmailTaken
 ├── InvalidEmail
 ├── AgeOutOfRange
 └── InvalidCursor

No message repeats an e-mail address: messages end up in logs.
"""

from shared_domain.refusals import Refused


class UserRefused(Refused):
    """A request about a user that is turned down."""


class UserNotFound(UserRefused):
    """No such user, or another partner's, or of the other mode: callers cannot tell which."""

    def __init__(self) -> None:
        super().__init__("id is not one of your users", field="id")


class EmailTaken(UserRefused):
    """Another user of the same partner has this address, compared case-folded."""

    def __init__(self) -> None:
        super().__init__("email belongs to another of your users", field="email")


class InvalidEmail(UserRefused):
    """The address is not valid; ``wanted`` says what would be, in words that follow "email"."""

    stable_name = "email-unusable"

    def __init__(self, wanted: str) -> None:
        super().__init__(f"email {wanted}", field="email")


class AgeOutOfRange(UserRefused):
    """The age is negative, or higher than people get."""

    def __init__(self, *, oldest: int) -> None:
        super().__init__(f"age must be from 0 to {oldest}", field="age")


class InvalidCursor(UserRefused):
    """The cursor is not one that the list returned."""

    stable_name = "cursor-unusable"

    def __init__(self) -> None:
        super().__init__(
            "cursor must be the nextCursor of an earlier answer; leave it out to start at the top",
            field="cursor",
        )
