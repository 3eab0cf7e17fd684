"""API keys in PostgreSQL."""

from collections.abc import Collection

from shared_domain.database import Database, Row
from shared_domain.partners.model import (
    ApiKey,
    ApiKeyId,
    KeyOwner,
    NewKey,
    PartnerId,
    PartnerKind,
    Scope,
)
from shared_domain.rows import by_name, select_list, table_columns

_KEY_COLUMNS = {
    **table_columns("k", ("id", "partner_id", "label", "prefix", "is_test", "scopes")),
    **table_columns("k", ("created_at", "expires_at", "revoked_at", "rate_limit_per_second")),
    "partner_is_active": "p.is_active",
    "replaced_by": "k.replaced_by_id",
}

_KEY = f"""
    SELECT {select_list(_KEY_COLUMNS)}
      FROM partners_apikey k
      JOIN partners_partner p ON p.id = k.partner_id
"""

FIND_BY_DIGEST = f"{_KEY} WHERE k.digest = %(digest)s"

# Staff users who rotate the same key in the same second must queue.
GET_LOCKED = f"{_KEY} WHERE k.id = %(key_id)s FOR NO KEY UPDATE OF k"

GET_SEVERAL = f"{_KEY} WHERE k.partner_id = %(partner_id)s AND k.id = ANY(%(key_ids)s)"

OWNER = """
    SELECT kind, is_active
      FROM partners_partner
     WHERE id = %(partner_id)s
"""

ADD = """
    INSERT INTO partners_apikey
           (partner_id, label, prefix, digest, is_test, scopes, created_at, expires_at,
            rate_limit_per_second)
    VALUES (%(partner_id)s, %(label)s, %(prefix)s, %(digest)s, %(is_test)s,
            %(scopes)s::text[], %(created_at)s, %(expires_at)s,
            %(rate_limit_per_second)s)
 RETURNING id
"""

SAVE = """
    UPDATE partners_apikey
       SET expires_at = %(expires_at)s, revoked_at = %(revoked_at)s,
           replaced_by_id = %(replaced_by)s,
           rate_limit_per_second = %(rate_limit_per_second)s
     WHERE id = %(key_id)s
"""


class SqlKeyStore:
    """The store of API keys on either half's database connection."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find_by_digest(self, digest: bytes) -> ApiKey | None:
        row = await self._database.fetch_one(FIND_BY_DIGEST, {"digest": digest})
        return None if row is None else _build_key(row)

    async def get_locked(self, key_id: ApiKeyId) -> ApiKey | None:
        row = await self._database.fetch_one(GET_LOCKED, {"key_id": key_id})
        return None if row is None else _build_key(row)

    async def get_several(
        self, key_ids: Collection[ApiKeyId], partner_id: PartnerId
    ) -> list[ApiKey]:
        """Return those of the keys that are the partner's, in any order."""
        rows = await self._database.fetch_all(
            GET_SEVERAL, {"key_ids": list(key_ids), "partner_id": partner_id}
        )
        return [_build_key(row) for row in rows]

    async def owner(self, partner_id: PartnerId) -> KeyOwner | None:
        row = await self._database.fetch_one(OWNER, {"partner_id": partner_id})
        if row is None:
            return None
        kind, is_active = row
        return KeyOwner(PartnerKind(kind), is_active)

    async def add(self, key: NewKey) -> ApiKeyId:
        ((key_id,),) = await self._database.fetch_all(
            ADD,
            {
                "partner_id": key.partner_id,
                "label": key.label,
                "prefix": key.prefix,
                "digest": key.digest,
                "is_test": key.is_test,
                "scopes": sorted(scope.value for scope in key.scopes),
                "created_at": key.created_at,
                "expires_at": key.expires_at,
                "rate_limit_per_second": key.rate_limit_per_second,
            },
        )
        return ApiKeyId(key_id)

    async def save(self, key: ApiKey) -> None:
        await self._database.execute(
            SAVE,
            {
                "key_id": key.id,
                "expires_at": key.expires_at,
                "revoked_at": key.revoked_at,
                "replaced_by": key.replaced_by,
                "rate_limit_per_second": key.rate_limit_per_second,
            },
        )


def _build_key(row: Row) -> ApiKey:
    values = by_name(_KEY_COLUMNS, row)
    return ApiKey(**{**values, "scopes": frozenset(map(Scope, values["scopes"]))})
