"""The services themselves hold the rules about users, without any schema in between."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from api_edge.text_flaws import say_flaw
from shared_domain import users
from shared_domain.partners import Access, PartnerId
from shared_domain.run_now import run_now
from shared_domain.users import Position, User, UserChange, UserId
from tests.harness.data import live

ALPINE = PartnerId(1)
NOW = datetime(2026, 7, 1, 10, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)

ANA = User(
    id=UserId(UUID(int=1)),
    partner_id=ALPINE,
    test_mode=False,
    email="ana@example.com",
    age=30,
    created_at=NOW,
    updated_at=NOW,
)


class InMemoryUsers:
    """Live users of one partner, kept in a list."""

    def __init__(self, *stored: User) -> None:
        self.stored = list(stored)

    async def get(self, user_id: UserId, access: Access) -> User | None:
        wanted = (user_id, access)
        return next((user for user in self.stored if (user.id, user.access) == wanted), None)

    get_locked = get

    async def newest(self, access: Access, *, after: Position, limit: int) -> list[User]:
        behind = [
            user
            for user in self.stored
            if (user.created_at, user.id) < (after.created_at, after.user_id)
        ]
        return sorted(behind, key=lambda user: (user.created_at, user.id), reverse=True)[:limit]

    async def insert(self, user: User) -> bool:
        is_free = not await self.is_email_taken(user)
        if is_free:
            self.stored.append(user)
        return is_free

    async def is_email_taken(self, user: User) -> bool:
        others = [other for other in self.stored if other.id != user.id]
        return any(other.email_key == user.email_key for other in others)

    async def save(self, user: User) -> None:
        self.stored = [user if stored.id == user.id else stored for stored in self.stored]


def create(email: str = "bea@example.com", age: int = 30) -> User:
    store = InMemoryUsers(ANA)
    return run_now(
        users.create_user(email=email, age=age, access=live(ALPINE), now=NOW, store=store)
    )


@pytest.mark.parametrize(
    ("email", "stored"),
    [
        ("a@b.c", "a@b.c"),
        ("x" * 242 + "@example.com", "x" * 242 + "@example.com"),
        ("Ana@Example.com.PT", "Ana@example.com.pt"),
        (" ana+2@example.com\n", "ana+2@example.com"),
        ("ju\u0308rgen@XN--MLLER-KVA.example", "jürgen@müller.example"),
    ],
)
def test_an_address_is_stored_in_its_normal_form(email: str, stored: str) -> None:
    assert create(email).email == stored


@pytest.mark.parametrize(
    ("email", "message"),
    [
        ("", "email must have at least 3 characters"),
        ("\u00a0\u200b", "email must have at least 3 characters"),
        ("x" * 243 + "@example.com", "email must have at most 254 characters"),
        ("a b@c.de", "email must not contain blanks"),
        ("a\tb@c.de", "email must not contain blanks"),
        ("a@b.de\x00", "email must not contain the character U\\+0000"),
        ("a@b.de\x7f", "email must not contain the character U\\+007F"),
        ("nonsense", "email must be an e-mail address such as guest@example.com"),
        ("a@b", "email must be an e-mail address such as guest@example.com"),
        ("a@hotel.local", "email must be an e-mail address such as guest@example.com"),
    ],
)
def test_what_is_no_address_is_refused(email: str, message: str) -> None:
    with pytest.raises(users.InvalidEmail) as refused:
        create(email)

    assert re.fullmatch(message, f"email {say_flaw(refused.value.flaw)}")


@pytest.mark.parametrize("age", [-1, 121, 10**30])
def test_an_age_is_between_0_and_120(age: int) -> None:
    with pytest.raises(users.AgeOutOfRange, match="oldest=120"):
        create(age=age)


@pytest.mark.parametrize("email", ["ANA@example.com", "ana@EXAMPLE.com ", "\u200bAna@example.com"])
def test_capitals_and_blanks_do_not_make_another_address(email: str) -> None:
    with pytest.raises(users.EmailTaken):
        create(email)


def test_a_change_of_nothing_is_not_stored() -> None:
    change = UserChange(email="ana@example.com", age=30)

    assert ANA.apply(change, now=LATER) is ANA
    assert ANA.apply(UserChange(), now=LATER) is ANA


def test_a_refused_change_leaves_the_user_as_it_was() -> None:
    bea = replace(ANA, id=UserId(UUID(int=2)), email="bea@example.com")
    store = InMemoryUsers(ANA, bea)

    with pytest.raises(users.EmailTaken):
        run_now(
            users.update_user(
                bea.id,
                UserChange(email="Ana@example.com", age=99),
                access=live(ALPINE),
                now=LATER,
                store=store,
            )
        )

    assert store.stored == [ANA, bea]


def test_age_0_is_a_change() -> None:
    assert ANA.apply(UserChange(age=0), now=LATER).age == 0


@pytest.mark.parametrize("moment", [NOW, datetime(1, 1, 1, tzinfo=UTC), LATER])
def test_a_cursor_leads_back_to_its_place(moment: datetime) -> None:
    place = Position(moment, ANA.id)

    assert Position.from_cursor(place.as_cursor()) == place
