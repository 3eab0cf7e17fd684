"""Bind an idempotent call to the transaction that carries it out, and store its response there."""

from starlette.responses import Response

from api_edge.postgresql.database import Transaction
from shared_domain.idempotency import (
    Answer,
    CommitAttempt,
    IdempotentCall,
    begin_call,
    store_answer,
)
from shared_domain.idempotency.sql_store import SqlIdempotencyStore


class ResponseNotKept(RuntimeError):
    """An endpoint that writes has a route which does not keep its response for repeats.

    Create its router by ``v1_router`` or ``octo_router``: their route class hands each response of
    an idempotent call to its transaction, before the commit.
    """


class CallInTransaction:
    """Binds an idempotent call to the transaction that carries it out."""

    def __init__(self, call: IdempotentCall, transaction: Transaction, *, waits: bool) -> None:
        self._call = call
        self._transaction = transaction
        self._waits = waits
        self._store = SqlIdempotencyStore(transaction)
        #: Set by the route once the endpoint has returned, and before the commit.
        self.response: Response | None = None
        transaction.on_begin = self._begin

    async def _begin(self) -> None:
        await begin_call(self._call, waits=self._waits, store=self._store)

    async def store_answer(self) -> None:
        """Store the response for repeats of the call, in the transaction that carries it out.

        Nothing is stored for a transaction that has executed no statement, nor for a refusal (any
        status but 2xx): its caller may send the key again.

        Raises:
            ResponseNotKept: the endpoint's route does not keep its response.
        """
        if not self._transaction.has_begun:
            return
        if self.response is None:
            raise ResponseNotKept
        if not 200 <= self.response.status_code < 300:
            return
        attempt = CommitAttempt.with_answer()
        response = self.response
        answer = Answer.from_response(
            response.status_code, response.headers.items(), bytes(response.body)
        )
        await store_answer(self._call, answer, record_id=attempt.record_id, store=self._store)
        self._transaction.recorded_attempt = attempt
