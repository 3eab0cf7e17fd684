"""Keys of partners that no other test uses."""

from itertools import count

from shared_domain import partners
from tests.users.stack import Stack

_partners = count()


def a_key(stack: Stack) -> str:
    """Return the key of a new partner, for users only."""
    secret = partners.new_secret(is_test=False)
    stack.rows.execute(
        "WITH partner AS ("
        "  INSERT INTO partners_partner"
        "         (code, name, email, is_active, max_hold_minutes, created_at)"
        "  VALUES (%(code)s, 'Alone', 'it@alone.example', true, 60, now()) RETURNING id)"
        "INSERT INTO partners_apikey"
        "       (partner_id, label, prefix, digest, is_test, scopes, created_at)"
        "SELECT id, 'shop', %(prefix)s, %(digest)s, false, '{users:read,users:write}', now()"
        "  FROM partner",
        {
            "code": f"alone-{next(_partners)}",
            "prefix": partners.key_prefix(secret),
            "digest": partners.key_digest(secret),
        },
    )
    return secret
