"""SQL of the audit trail: sets the request and key that django-pghistory's triggers record."""

from uuid import UUID

SET_CONTEXT_METADATA = "SELECT set_config('pghistory.context_metadata', %(metadata)s, true)"

#: Deletes at most so many rows of each table from before a moment, and answers the counts as JSON.
EXPIRE_HISTORY = "SELECT history_expire(%(before)s, %(most)s)"


def set_audit_context(*, request_id: UUID, api_key_id: int | None) -> str:
    """Return the statement that names the request and its API key in the history.

    The statement is sent in one message with BEGIN, which saves a round trip. A message of several
    statements takes no parameters, so both values are inlined: they must be a UUID and an integer.
    Source: both settings are read by the triggers of django-pghistory.
    """
    api_key = "" if api_key_id is None else f'"api_key": {api_key_id:d}, '
    return (
        f"SELECT set_config('pghistory.context_id', '{request_id}', true),"
        " set_config('pghistory.context_metadata',"
        f""" '{{{api_key}"request_id": "{request_id}"}}', true)"""
    )
