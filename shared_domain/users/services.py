"""Create, find, list, change and delete users: load, decide, save."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol
from uuid import UUID, uuid4

from shared_domain.partners import Access
from shared_domain.users.errors import EmailTaken, UserNotFound
from shared_domain.users.model import User, UserChange, UserId, validated_age, validated_email
from shared_domain.users.paging import DEFAULT_PAGE_SIZE, TOP, Page, Position, make_page


class UserStore(Protocol):
    """The store of users that these services need; ``sql_store`` implements it."""

    async def get(self, user_id: UserId, access: Access) -> User | None: ...

    async def get_locked(self, user_id: UserId, access: Access) -> User | None: ...

    async def newest(self, access: Access, *, after: Position, limit: int) -> list[User]:
        """Return users from the newest to the oldest, after the position ``after``."""
        ...

    async def insert(self, user: User) -> bool:
        """Store a new user; return False, having stored nothing, when the address is taken."""
        ...

    async def is_email_taken(self, user: User) -> bool:
        """Return whether another user of the partner and mode has this user's address.

        The result holds until the transaction ends: no other caller can take or free it meanwhile.
        """
        ...

    async def save(self, user: User) -> None:
        """Store a changed user that was read locked."""
        ...

    async def delete(self, user_id: UserId) -> None:
        """Delete a user that was read locked, and its data in stored answers of idempotent calls.

        The erasure of its data from bookings is then due.
        """
        ...


async def create_user(
    *,
    email: str,
    age: int,
    access: Access,
    now: datetime,
    store: UserStore,
    new_id: Callable[[], UUID] = uuid4,
) -> User:
    """Create a user of the partner.

    Raises:
        InvalidEmail, AgeOutOfRange
        EmailTaken: another user of the partner has the address, compared case-folded.
    """
    user = User(
        id=UserId(new_id()),
        partner_id=access.partner_id,
        test_mode=access.test_mode,
        email=validated_email(email),
        age=validated_age(age),
        created_at=now,
        updated_at=now,
    )
    if not await store.insert(user):
        raise EmailTaken
    return user


async def get_user(user_id: UserId, *, access: Access, store: UserStore) -> User:
    """Return one of the partner's users.

    Raises:
        UserNotFound: no such user, or one of another partner's, or of the other mode.
    """
    user = await store.get(user_id, access)
    if user is None:
        raise UserNotFound
    return user


async def list_users(
    *,
    access: Access,
    store: UserStore,
    cursor: str | None = None,
    limit: int = DEFAULT_PAGE_SIZE,
) -> Page:
    """Return a page of the partner's users, newest first, from ``cursor`` on.

    ``limit`` is from 1 to ``LARGEST_PAGE_SIZE``.

    Raises:
        InvalidCursor: it is not the ``next_cursor`` of a page.
    """
    after = TOP if cursor is None else Position.from_cursor(cursor)
    found = await store.newest(access, after=after, limit=limit + 1)
    return make_page(found, size=limit)


async def update_user(
    user_id: UserId,
    change: UserChange,
    *,
    access: Access,
    now: datetime,
    store: UserStore,
) -> User:
    """Change a user, and return it. A change without a difference leaves ``updated_at`` as it is.

    Raises:
        UserNotFound: no such user, or one of another partner's, or of the other mode.
        InvalidEmail, AgeOutOfRange
        EmailTaken: another user of the partner has the address, compared case-folded.
    """
    user = await _get_locked(user_id, access, store)
    changed = user.apply(change, now=now)
    if changed is user:
        return user
    if changed.email != user.email and await store.is_email_taken(changed):
        raise EmailTaken
    await store.save(changed)
    return changed


async def delete_user(user_id: UserId, *, access: Access, store: UserStore) -> None:
    """Delete a user with its personal data; its address is free again.

    The history keeps that there was one, and when; answers that were stored for repeats of earlier
    calls about the user are erased too. Bookings that name the user stay; the guest's contact data
    on them are owed to be erased, once travel is over (``shared_domain.persons``).

    Raises:
        UserNotFound: no such user, or deleted before, or one of another partner's or mode.
    """
    user = await _get_locked(user_id, access, store)
    await store.delete(user.id)


async def _get_locked(user_id: UserId, access: Access, store: UserStore) -> User:
    user = await store.get_locked(user_id, access)
    if user is None:
        raise UserNotFound
    return user
