"""SQL of explicit advisory locks, and of a transaction's lock timeout."""

#: For the rest of the transaction; parameter: a duration such as ``2s``.
SET_LOCK_TIMEOUT = "SELECT set_config('lock_timeout', %s, true)"

#: Held until the transaction ends; parameter: a number.
LOCK_UNTIL_COMMIT = "SELECT pg_advisory_xact_lock(%s)"

#: The same by a name and a number, such as an id.
LOCK_NAME_UNTIL_COMMIT = "SELECT pg_advisory_xact_lock(hashtextextended(%s, %s))"

#: The same, without waiting; returns false where another transaction holds it.
TRY_LOCK_NAME_UNTIL_COMMIT = "SELECT pg_try_advisory_xact_lock(hashtextextended(%s, %s))"
