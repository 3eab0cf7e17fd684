"""Carry a call out once, however often it is sent; the caller owns the transaction.

The first statement of the transaction is ``begin_call``, its last one ``store_answer``. So the
record of the call is stored exactly when its work is, and a refused call leaves none.
"""

from typing import Protocol
from uuid import UUID

from shared_domain.idempotency.errors import AnswerNotKept, CallStillRunning, Replayed
from shared_domain.idempotency.fingerprints import check_same_request, find_subject
from shared_domain.idempotency.model import Answer, EarlierCall, IdempotentCall


class IdempotencyStore(Protocol):
    """The store of idempotent calls that these services need."""

    async def lock(self, call: IdempotentCall, *, waits: bool) -> bool: ...

    async def find(self, key_digest: bytes) -> EarlierCall | None: ...

    async def insert(
        self, record_id: UUID, call: IdempotentCall, answer: Answer, *, subject: UUID | None
    ) -> None: ...


async def begin_call(call: IdempotentCall, *, waits: bool, store: IdempotencyStore) -> None:
    """Lock the call's key until the transaction ends, and check that the call was not carried out.

    With ``waits``, a running call with the key is waited for, up to ``lock_timeout``.

    Raises:
        Replayed: it was carried out before, with this answer.
        CallStillRunning: another call with the key is being carried out.
        IdempotencyKeyReused: the key was sent with another request.
        AnswerNotKept: it was carried out before, and its answer is gone.
    """
    if not await store.lock(call, waits=waits):
        raise CallStillRunning
    # A statement of its own: its snapshot must be younger than the lock.
    earlier = await store.find(call.key_digest)
    if earlier is None:
        return
    # Of an erased guest's call, not even the fingerprint is left.
    if earlier.fingerprint:
        check_same_request(earlier.fingerprint, call.fingerprint)
    if earlier.answer is None:
        raise AnswerNotKept
    raise Replayed(earlier.answer)


async def store_answer(
    call: IdempotentCall, answer: Answer, *, record_id: UUID, store: IdempotencyStore
) -> None:
    """Store the answer that each repeat of the call gets; the record also settles the commit."""
    await store.insert(record_id, call, answer, subject=find_subject(call, answer))
