"""The edge's real transaction of a compared write, which also tells what it has written."""

from psycopg import Error

from api_edge.postgresql.database import Connection, Transaction
from api_edge.rollout.effects import RECORD
from shared_domain.rollout import TOO_MANY_EFFECTS
from shared_domain.rollout.findings_sql_store import EFFECTS_RECORDED


class RecordedTransaction(Transaction):
    """Transaction that reads the effects which triggers recorded, in the same trip as COMMIT.

    ``recorded`` is the input of ``parse_effects``: empty while nothing is committed, None where no
    trigger records rows or the answer to COMMIT was lost.
    """

    recorded: str | None = ""

    async def _send_commit(self, connection: Connection, statement: str) -> None:
        before, self.recorded = self.recorded, None
        # Triggers that wait for COMMIT write rows as well.
        sent = await connection.execute(
            f"SET CONSTRAINTS ALL IMMEDIATE; {EFFECTS_RECORDED}; {statement}", prepare=False
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

    def _begin_statement(self) -> str:
        opening = super()._begin_statement()
        return opening.replace("BEGIN; ", f"BEGIN; {RECORD}; ", 1)
