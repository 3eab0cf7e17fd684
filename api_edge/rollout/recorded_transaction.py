"""The edge's real transaction of a compared write, which also reads the rows that it wrote."""

from psycopg import Error

from api_edge.postgresql.database import Connection, Transaction
from shared_domain.rollout import TOO_MANY_EFFECTS
from shared_domain.rollout.dry_run_sql_store import CHECK_CONSTRAINTS, READ_EFFECTS, RECORD_EFFECTS


class RecordedTransaction(Transaction):
    """Transaction that reads the effects which triggers recorded, in the same trip as COMMIT.

    ``recorded`` is for ``parse_effects``: empty while nothing is committed, None where no trigger
    records rows or the answer to COMMIT was lost.
    """

    recorded: str | None = ""
    _after_begin = f"{RECORD_EFFECTS}; "

    async def _send_commit(self, connection: Connection, statement: str) -> None:
        before, self.recorded = self.recorded, None
        # Triggers that wait for COMMIT write rows as well.
        sent = await connection.execute(
            f"{CHECK_CONSTRAINTS}; {READ_EFFECTS}; {statement}", prepare=False
        )
        # From here on it is stored, and nothing may say otherwise.
        try:
            sent.nextset()
            row = await sent.fetchone()
        except Error:
            return
        if row is not None and row[0] is not None and before is not None:
            is_too_much = TOO_MANY_EFFECTS in (before, row[0])
            self.recorded = TOO_MANY_EFFECTS if is_too_much else before + row[0]
