"""SQL of the audit trail: who is behind a transaction, as django-pghistory's triggers record it."""

from uuid import UUID

SET_CONTEXT_METADATA = "SELECT set_config('pghistory.context_metadata', %(metadata)s, true)"

#: Deletes at most so many rows of each table from before a moment, and answers the counts as JSON.
EXPIRE_HISTORY = "SELECT history_expire(%(before)s, %(most)s)"


def set_audit_context(*, request_id: UUID, api_key_id: int | None) -> str:
    """Return the statement that names the request and its API key in the history.

    It travels together with BEGIN, which saves a round trip. So the values stand in its text, and
    must be what they say: a UUID and a number. Source: both settings are read by the triggers of
    django-pghistory.
    """
    api_key = "" if api_key_id is None else f'"api_key": {api_key_id:d}, '
    return (
        f"SELECT set_config('pghistory.context_id', '{request_id}', true),"
        " set_config('pghistory.context_metadata',"
        f""" '{{{api_key}"request_id": "{request_id}"}}', true)"""
    )
