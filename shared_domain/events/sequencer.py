"""The sequencer: gives committed events their positions, without gaps; a position never changes.

A position is given after the commit, by one process at a time, in batches: see
``core_site/events/sequencer.py`` for the process. Note [Order] says in which order, Note [Where the
search begins] what ``SearchStart`` is for.
"""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Protocol

#: How often the sequencer looks. Writers do not notify it: PostgreSQL lets transactions that notify
#: commit one after the other. 64 writers made 5,300 commits a second without, and 240 with it.
POLL_SECONDS = 0.05

#: Events that get their positions in one transaction.
BATCH = 2_000

#: How long an id and the transaction's own may be apart; see Note [Where the search begins].
SETTLING = timedelta(seconds=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbered:
    """The result of one batch, and which transactions were running just before it.

    ``oldest_xid`` is the oldest of these; none that begins later has an id below ``next_xid``.
    """

    given: int
    highest_id: int | None
    oldest_xid: int
    next_xid: int


class SequencerStore(Protocol):
    """The store that the sequencer needs; each call is a transaction of its own."""

    async def become_sequencer(self) -> bool: ...

    async def give_positions(self, *, most: int, above: int) -> Numbered: ...

    async def has_waiting(self, *, longer_than: timedelta) -> bool: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchStart:
    """The id above which events without a position are searched.

    ``candidate`` is an id that may take its place, seen ``seen_at`` seconds by a monotonic clock.
    Once it has settled, ``barrier`` is the first transaction that certainly got its ids later.
    """

    above: int = 0
    candidate: int | None = None
    seen_at: float = 0.0
    barrier: int | None = None

    def advance(self, batch: Numbered, *, most: int, seconds: float) -> "SearchStart":
        """Return where the next search begins, after a batch of at most ``most`` events."""
        if self.candidate is None:
            if batch.highest_id is None:
                return self
            return replace(self, candidate=batch.highest_id, seen_at=seconds)
        if self.barrier is None:
            if seconds - self.seen_at < SETTLING.total_seconds():
                return self
            return replace(self, barrier=batch.next_xid)
        # A batch that was cut at its limit has seen what is up to its highest id.
        is_cut_before = batch.given == most and (batch.highest_id or 0) < self.candidate
        if batch.oldest_xid < self.barrier or is_cut_before:
            return self
        return SearchStart(above=max(self.above, self.candidate))


async def give_positions(
    start: SearchStart, *, seconds: float, store: SequencerStore, most: int = BATCH
) -> tuple[Numbered, SearchStart]:
    """Assign positions to a batch of events; return its result and where the next search begins."""
    batch = await store.give_positions(most=most, above=start.above)
    return batch, start.advance(batch, most=most, seconds=seconds)


# Note [Order]
# ------------
# Events get their positions in the order of their ids. For one booking that is the order of the
# commits: each change locks the booking's row first and inserts its event then, so the next
# change's event has a higher id, and is written only after the commit of this one. So a reader that
# sees the later event also sees the earlier one. The same is true of a departure, a product and an
# API key, whose events are written by triggers under the row's lock. Events of different bookings
# may get positions in another order than they were committed in, for no reader could tell.
#
# Turned down: ordering readers by (transaction id, id) up to the oldest running transaction, as
# this table did. One long write transaction, anywhere on the server, stopped every reader; a dump
# that was restored into a new cluster began with low transaction ids, behind every cursor.
#
# Note [Where the search begins]
# ------------------------------
# A position is an UPDATE: it leaves a dead version, and a dead entry in the index of what waits.
# PostgreSQL removes both, but for none that an open snapshot might need. While pg_dump runs for
# hours, every search from the beginning would pass over all events since: with 200,000 of them it
# took 70 ms, and a core with it, where this takes 6. So it begins above an id
# below which no event can appear any more: every transaction that may have taken a lower id has
# ended, and a search that began after that has seen what it committed.
#
# By then the transaction had its own id, as it locks or changes a row before it inserts an event;
# in case one ever does not, SETTLING is the time between the two, and once a minute the search
# begins at 0 all the same.
