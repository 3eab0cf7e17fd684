"""A mixed load on a whole Portico, and how the rows differ from what its callers were told."""

import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg

from tests.deploy.callers import (
    Booker,
    Caller,
    CarelessCaller,
    LastPlacesBooker,
    Reader,
    SlowCaller,
    StaffUser,
    UserKeeper,
)
from tests.harness.committed_data import Keys
from tests.lifecycle.books import MISCOUNTED, MISPLACED


@dataclass
class MixedLoad:
    """All callers of one run."""

    callers: list[Caller]
    threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        """Let all call at once."""
        for caller in self.callers:
            caller.is_over.clear()
        self.threads = [threading.Thread(target=caller.run) for caller in self.callers]
        for thread in self.threads:
            thread.start()

    def stop(self) -> None:
        """Wait until each has finished its work."""
        for caller in self.callers:
            caller.is_over.set()
        for thread in self.threads:
            thread.join()

    @contextmanager
    def running(self) -> Iterator[None]:
        self.start()
        try:
            yield
        finally:
            self.stop()

    @property
    def statuses(self) -> Counter[int]:
        return sum((caller.statuses for caller in self.callers), Counter())

    @property
    def wrong(self) -> list[str]:
        """What no caller should have seen."""
        return [wrong for caller in self.callers for wrong in caller.wrong]

    def report(self) -> str:
        kinds = Counter(type(caller).__name__ for caller in self.callers)
        longest = {
            kind: max(
                caller.longest_seconds for caller in self.callers if type(caller).__name__ == kind
            )
            for kind in kinds
        }
        return (
            f"{self.statuses.total()} answers: {dict(sorted(self.statuses.items()))}; "
            f"{sum(caller.lost for caller in self.callers)} connections broken; longest wait in s: "
            + ", ".join(f"{kind} {seconds:.1f}" for kind, seconds in longest.items() if seconds)
        )

    def discrepancies(self, owner: "psycopg.Connection[tuple[Any, ...]]") -> list[object]:
        """Return how the rows differ from what the callers were told."""
        found: list[object] = [*owner.execute(MISCOUNTED), *owner.execute(MISPLACED)]
        bookers = [caller for caller in self.callers if isinstance(caller, Booker)]
        known = {uuid: told for booker in bookers for uuid, told in booker.bookings.items()}
        stored = {
            str(uuid): (status, events or [])
            for uuid, status, events in owner.execute(
                "SELECT uuid, status, (SELECT array_agg(type ORDER BY id) FROM events_event"
                " WHERE booking_uuid = uuid) FROM bookings_booking"
            )
        }
        unanswered = {uuid for booker in bookers for uuid in booker.unanswered}
        in_doubt = {uuid for booker in bookers for uuid in booker.in_doubt}
        found += [
            (uuid, known.get(uuid), stored.get(uuid))
            for uuid in (known.keys() | stored.keys()) - unanswered
            if not _agree(known.get(uuid), stored.get(uuid), is_in_doubt=uuid in in_doubt)
        ]
        keepers = [caller for caller in self.callers if isinstance(caller, UserKeeper)]
        ages = {email: age for keeper in keepers for email, age in keeper.ages.items()}
        emails = {email for keeper in keepers for email in keeper.emails}
        users = owner.execute("SELECT email, age FROM users_user").fetchall()
        found += [user for user in users if ages.get(user[0], 30) != user[1]]
        found += [("not stored", email) for email in ages.keys() - {email for email, _ in users}]
        found += [
            ("stored twice or unasked", email)
            for email, count in Counter(email for email, _ in users).items()
            if count > 1 or email not in emails
        ]
        return found


Life = tuple[str, list[str]]


def _agree(known: Life | None, stored: Life | None, *, is_in_doubt: bool) -> bool:
    """Return whether status and events of a booking are those that its caller knows of."""
    if known is None or stored is None or not is_in_doubt:
        return known == stored
    extended = [events.count("booking.extended") for _, events in (known, stored)]
    rest = [
        (status, [event for event in events if event != "booking.extended"])
        for status, events in (known, stored)
    ]
    return rest[0] == rest[1] and extended[1] - extended[0] in (0, 1)


#: Nineteen callers of all kinds.
MANY: Sequence[type[Caller]] = (
    *([Booker] * 4 + [LastPlacesBooker] * 3 + [UserKeeper] * 3 + [Reader] * 3),
    *([StaffUser] * 2 + [CarelessCaller] + [SlowCaller] * 3),
)
FEW: Sequence[type[Caller]] = (Booker, UserKeeper, Reader, StaffUser, CarelessCaller)


def mixed_load(
    port: int, keys: Keys, days: list[str], staff_cookie: str, kinds: Sequence[type[Caller]]
) -> MixedLoad:
    """Return callers of these kinds for a Portico that ``populate`` has filled.

    Args:
        days: days with departures, the first of them with the one that all compete for.
        staff_cookie: the header of a staff user's session.
    """
    callers = [kind(port, keys.live, number, days) for number, kind in enumerate(kinds)]
    for caller in callers:
        if isinstance(caller, StaffUser):
            caller.cookie = staff_cookie
    return MixedLoad(callers)
