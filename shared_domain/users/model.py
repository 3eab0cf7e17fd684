"""A user's data, and the rules for it."""

import re
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import NewType
from uuid import UUID

from shared_domain.contact_data import InvalidText, email_key, normalise_email
from shared_domain.partners import Access, PartnerId
from shared_domain.users.errors import AgeOutOfRange, InvalidEmail, UserNotFound

UserId = NewType("UserId", UUID)

OLDEST_AGE = 120

_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


@dataclass(frozen=True, slots=True, kw_only=True)
class UserChange:
    """A change of a user; None leaves a field as it is."""

    email: str | None = None
    age: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A partner's customer; where ``age_said_at`` is None, the age was said at ``updated_at``."""

    id: UserId
    partner_id: PartnerId
    test_mode: bool
    email: str
    age: int
    created_at: datetime
    updated_at: datetime
    age_said_at: datetime | None = None

    @property
    def access(self) -> Access:
        """The partner and mode that the user belongs to."""
        return Access(partner_id=self.partner_id, test_mode=self.test_mode)

    @property
    def email_key(self) -> str:
        """The key by which the address is compared with those of the partner's other users."""
        return email_key(self.email)

    def age_on(self, day: date) -> int:
        """Return the age on a day of travel: the stored one, and the full years since then.

        Portico stores no date of birth. The age counts as of the last change of the age; it is
        exact if the partner changes it on the user's birthday.
        """
        said_on = (self.age_said_at or self.updated_at).date()
        has_had_its_day = (day.month, day.day) >= (said_on.month, said_on.day)
        return self.age + max(0, day.year - said_on.year - (0 if has_had_its_day else 1))

    def apply(self, change: UserChange, *, now: datetime) -> "User":
        """Return this user with the change applied, itself when nothing differs.

        Raises:
            InvalidEmail, AgeOutOfRange
        """
        email = self.email if change.email is None else validated_email(change.email)
        age = self.age if change.age is None else validated_age(change.age)
        if (email, age) == (self.email, self.age):
            return self
        said_at = now if age != self.age else self.age_said_at or self.updated_at
        return replace(self, email=email, age=age, age_said_at=said_at, updated_at=now)


def validated_email(text: str) -> str:
    """Return the address in its normal form.

    Raises:
        InvalidEmail: see ``contact_data.normalise_email``.
    """
    try:
        return normalise_email(text)
    except InvalidText as invalid:
        raise InvalidEmail(invalid.flaw) from None


def validated_age(years: int) -> int:
    """Return the age.

    Raises:
        AgeOutOfRange: it is negative, or over ``OLDEST_AGE``.
    """
    if not 0 <= years <= OLDEST_AGE:
        raise AgeOutOfRange(oldest=OLDEST_AGE)
    return years


def parse_user_id(text: str) -> UserId:
    """Return the id in a path, in capitals or not.

    Raises:
        UserNotFound: the text is no UUID, so no user has it.
    """
    if not _UUID.fullmatch(text):
        raise UserNotFound
    return UserId(UUID(text))
