"""Users in PostgreSQL."""

from shared_domain.database import Database, Row
from shared_domain.partners import Access
from shared_domain.persons.sql_store import SqlPersonStore
from shared_domain.rows import by_name, select_list, table_columns
from shared_domain.users.model import User, UserId
from shared_domain.users.paging import Position

_USER_COLUMNS = table_columns(
    "users_user",
    ("id", "partner_id", "test_mode", "email", "age", "created_at", "updated_at", "age_said_at"),
)

GET = f"""
    SELECT {select_list(_USER_COLUMNS)}
      FROM users_user
     WHERE id = %(id)s AND partner_id = %(partner_id)s AND test_mode = %(test_mode)s
"""

GET_LOCKED = f"{GET} FOR NO KEY UPDATE"

NEWEST = f"""
    SELECT {select_list(_USER_COLUMNS)}
      FROM users_user
     WHERE partner_id = %(partner_id)s AND test_mode = %(test_mode)s
       AND (created_at, id) < (%(created_at)s, %(id)s)
     ORDER BY created_at DESC, id DESC
     LIMIT %(limit)s
"""

# See Note [Who may take an address].
_CLAIM = """
    SELECT pg_advisory_xact_lock(
               hashtextextended(
                   %(email_key)s,
                   7309 + 2 * %(partner_id)s::bigint + %(test_mode)s::boolean::int))
"""

CLAIM_EMAIL = _CLAIM

INSERT = f"""
    WITH claimed AS MATERIALIZED ({_CLAIM})
    INSERT INTO users_user
           (id, partner_id, test_mode, email, email_key, age, created_at, updated_at,
            age_said_at)
    SELECT %(id)s::uuid, %(partner_id)s::bigint, %(test_mode)s::boolean, %(email)s,
           %(email_key)s, %(age)s::smallint, %(created_at)s::timestamptz,
           %(updated_at)s::timestamptz, %(age_said_at)s::timestamptz
      FROM claimed
        ON CONFLICT (partner_id, test_mode, email_key) DO NOTHING
"""

IS_EMAIL_TAKEN = """
    SELECT 1
      FROM users_user
     WHERE partner_id = %(partner_id)s AND test_mode = %(test_mode)s
       AND email_key = %(email_key)s AND id <> %(id)s
"""

# An address that stays keeps its key: see Note [Two users with one key].
SAVE = """
    UPDATE users_user
       SET email = %(email)s::text, age = %(age)s, updated_at = %(updated_at)s,
           age_said_at = %(age_said_at)s,
           email_key = CASE WHEN email = %(email)s::text THEN email_key ELSE %(email_key)s END
     WHERE id = %(id)s AND partner_id = %(partner_id)s AND test_mode = %(test_mode)s
"""


class SqlUserStore:
    """The store of users on either half's database connection."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, user_id: UserId, access: Access) -> User | None:
        row = await self._database.fetch_one(GET, _own(access) | {"id": user_id})
        return None if row is None else _build_user(row)

    async def get_locked(self, user_id: UserId, access: Access) -> User | None:
        row = await self._database.fetch_one(GET_LOCKED, _own(access) | {"id": user_id})
        return None if row is None else _build_user(row)

    async def newest(self, access: Access, *, after: Position, limit: int) -> list[User]:
        rows = await self._database.fetch_all(
            NEWEST,
            _own(access) | {"created_at": after.created_at, "id": after.user_id, "limit": limit},
        )
        return [_build_user(row) for row in rows]

    async def insert(self, user: User) -> bool:
        inserted = await self._database.execute(INSERT, _columns(user))
        return inserted == 1

    async def is_email_taken(self, user: User) -> bool:
        wanted = _own(user.access) | {"email_key": user.email_key, "id": user.id}
        # Two statements: the second one sees what was committed while the first one waited.
        await self._database.fetch_one(CLAIM_EMAIL, wanted)
        return await self._database.fetch_one(IS_EMAIL_TAKEN, wanted) is not None

    async def save(self, user: User) -> None:
        await self._database.execute(SAVE, _columns(user))

    async def delete(self, user_id: UserId) -> None:
        # What is erased of a person is decided in one place, for partners and for staff.
        await SqlPersonStore(self._database).erase_user(user_id)


def _own(access: Access) -> dict[str, object]:
    return {"partner_id": access.partner_id, "test_mode": access.test_mode}


def _columns(user: User) -> dict[str, object]:
    return _own(user.access) | {
        "id": user.id,
        "email": user.email,
        "email_key": user.email_key,
        "age": user.age,
        "created_at": user.created_at,
        "updated_at": user.updated_at,
        "age_said_at": user.age_said_at,
    }


def _build_user(row: Row) -> User:
    return User(**by_name(_USER_COLUMNS, row))


# Note [Who may take an address]
#
# An INSERT can be told to do nothing on a conflict; an UPDATE cannot, and would end in an error
# of the database. So a transaction that takes an address first claims it until it ends,
# and then looks: the second of two callers waits, sees the first one's row, and is refused.
# A claim comes after the user's own row lock and nothing is waited for after it, so claims
# never deadlock. The unique index stays the last word, whatever writes.

# Note [Two users with one key]
#
# Addresses were once compared by PostgreSQL's lower(), which takes "straße" and "STRASSE" for two.
# Where two users of a partner turned out to have one key, the migration gave it to the older one;
# the other one's key has its id behind it, so that it equals no address. Both stay as they are, and
# the second gets a key like any other with its next address.
