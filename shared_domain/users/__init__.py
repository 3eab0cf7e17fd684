"""Users: a partner's own customers, known to that partner only.

    create ──▶ a user ──update (email, age)──▶ the same user ──delete──▶ gone; its history stays

A user is no staff user and cannot sign in. An e-mail address belongs to one user of a partner: it
is stored as ``contact_data`` normalises it and compared case-folded, by one stored key in Python
and in the database. Test users, made in test mode, are separate: an address may belong to a live
user and to a test user. Ids are random, so they disclose no numbers of users.
"""

from shared_domain.users.errors import (
    AgeOutOfRange,
    EmailTaken,
    InvalidCursor,
    InvalidEmail,
    UserNotFound,
    UserRefused,
)
from shared_domain.users.model import (
    OLDEST_AGE,
    User,
    UserChange,
    UserId,
    parse_user_id,
)
from shared_domain.users.paging import DEFAULT_PAGE_SIZE, LARGEST_PAGE_SIZE, Page, Position
from shared_domain.users.services import (
    UserStore,
    create_user,
    delete_user,
    get_user,
    list_users,
    update_user,
)

__all__ = [
    # What can be done
    "create_user",
    "delete_user",
    "get_user",
    "list_users",
    "update_user",
    # With what
    "Page",
    "Position",
    "User",
    "UserChange",
    "UserId",
    "UserStore",
    "parse_user_id",
    "DEFAULT_PAGE_SIZE",
    "LARGEST_PAGE_SIZE",
    "OLDEST_AGE",
    # What can be refused
    "UserRefused",
    "AgeOutOfRange",
    "InvalidCursor",
    "EmailTaken",
    "InvalidEmail",
    "UserNotFound",
]
