"""Why a caller is not let in, and why an API key cannot be changed as requested.

    Refused
    ├── KeyRefused               a request to the API is turned away
    │   ├── KeyMissing              no key was sent
    │   ├── KeyMalformed            what was sent is not a key
    │   ├── KeyUnknown
    │   ├── KeyRevoked              also: such a key cannot be rotated
    │   ├── KeyExpired              also: such a key cannot be rotated
    │   ├── PartnerInactive         also: no key is issued or rotated
    │   ├── ScopeMissing
    │   ├── EnvironmentUnknown      Octo-Env is neither test nor live
    │   └── TestKeyCannotGoLive
    └── KeyChangeRefused         a staff user's change that is not possible
        ├── PartnerNotFound
        ├── KeyNotFound
        ├── KeyAlreadyReplaced
        ├── InvalidLabel
        ├── InvalidScopes
        ├── ExpiryInPast
        ├── OverlapOutOfRange
        └── RateLimitOutOfRange

A caller who is told KeyRevoked or KeyExpired has sent the whole secret, so the reason discloses
nothing to others.
"""

from datetime import UTC, datetime

from shared_domain.refusals import Refused


class KeyRefused(Refused):
    """The request does not come from a caller who may make it."""


class KeyMissing(KeyRefused):
    """No API key was sent."""

    def __init__(self) -> None:
        super().__init__(
            "No API key was sent. Send the header 'Authorization: Bearer <API key>'.",
            field="Authorization",
        )


class KeyMalformed(KeyRefused):
    """The Authorization header holds no API key; ``flaw`` says why."""

    def __init__(
        self,
        flaw: str = "what it holds is not an API key: keys begin with pk_live_ or pk_test_, and "
        "this one is mistyped or cut off",
    ) -> None:
        super().__init__(f"The Authorization header is unusable: {flaw}.", field="Authorization")


class KeyUnknown(KeyRefused):
    """The key is well-formed and was never issued here."""

    def __init__(self) -> None:
        super().__init__(
            "This API key is unknown here. Check that it was issued for this address.",
            field="Authorization",
        )


class KeyRevoked(KeyRefused):
    """The key was revoked."""

    def __init__(self, *, prefix: str, revoked_at: datetime) -> None:
        super().__init__(
            f"The API key {prefix}… was revoked on {_moment(revoked_at)}. "
            "Use another key or ask for a new one.",
            field="Authorization",
        )


class KeyExpired(KeyRefused):
    """The key has expired."""

    def __init__(self, *, prefix: str, expired_at: datetime) -> None:
        super().__init__(
            f"The API key {prefix}… expired on {_moment(expired_at)}. "
            "Use another key or ask for a new one.",
            field="Authorization",
        )


class PartnerInactive(KeyRefused):
    """The partner is deactivated, and its keys with it."""

    def __init__(self) -> None:
        super().__init__("The partner account is not active.", field="Authorization")


class ScopeMissing(KeyRefused):
    """The key is valid, but lacks the scope that the request needs."""

    def __init__(self, *, needed: str) -> None:
        super().__init__(
            f"This API key lacks the scope '{needed}', which this request needs.",
            field="Authorization",
        )


class EnvironmentUnknown(KeyRefused):
    """The header Octo-Env is neither ``test`` nor ``live``, or was sent twice."""

    def __init__(self) -> None:
        super().__init__(
            "The header Octo-Env must be sent at most once, as 'test' or 'live'.",
            field="Octo-Env",
        )


class TestKeyCannotGoLive(KeyRefused):
    """A test key was sent with ``Octo-Env: live``."""

    #: The name begins like a test's; pytest is not to collect it.
    __test__ = False

    def __init__(self) -> None:
        super().__init__(
            "This is a test API key, and Octo-Env asks for live. "
            "Leave Octo-Env out, or use a live key.",
            field="Octo-Env",
        )


class KeyChangeRefused(Refused):
    """A key cannot be issued, rotated or revoked as requested."""


class PartnerNotFound(KeyChangeRefused):
    """There is no such partner."""

    def __init__(self) -> None:
        super().__init__("There is no such partner.")


class KeyNotFound(KeyChangeRefused):
    """There is no such key."""

    def __init__(self) -> None:
        super().__init__("There is no such API key.")


class KeyAlreadyReplaced(KeyChangeRefused):
    """The key was rotated before; its successor is the one to rotate."""

    def __init__(self, *, prefix: str) -> None:
        super().__init__(
            f"The API key {prefix}… was rotated before. Rotate the key that replaced it."
        )


class InvalidLabel(KeyChangeRefused):
    """The label is empty, too long, or holds characters that cannot be shown."""

    def __init__(self, *, longest: int) -> None:
        super().__init__(
            f"The label must have 1 to {longest} characters, all of them printable.",
            field="label",
        )


class InvalidScopes(KeyChangeRefused):
    """No scope was given, or one that does not exist."""

    def __init__(self, *, known: str) -> None:
        super().__init__(f"A key needs at least one of these scopes: {known}.", field="scopes")


class ExpiryInPast(KeyChangeRefused):
    """The expiry is not in the future."""

    def __init__(self) -> None:
        super().__init__("The expiry must lie in the future.", field="expires_at")


class OverlapOutOfRange(KeyChangeRefused):
    """The overlap of the old key is negative or too long."""

    def __init__(self, *, longest_days: int) -> None:
        super().__init__(f"The overlap must be between 0 and {longest_days} days.", field="overlap")


def _moment(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d at %H:%M} UTC"


class RateLimitOutOfRange(KeyChangeRefused):
    """The rate limit is below one call in a second, or above what a machine can answer."""

    def __init__(self, *, highest: int) -> None:
        super().__init__(
            f"The rate limit must be from 1 to {highest} calls in a second.",
            field="rate_limit_per_second",
        )
