"""Calls and refusals that wait to be written, bounded per partner and in all."""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime

from shared_domain.partners import ApiKeyId, PartnerId
from shared_domain.usage import Calls, Refusal

#: Keys and hours that wait; calls of others are not counted until these are written.
MOST_KEY_HOURS = 5_000

#: Refusals that wait: of one partner, whose oldest go first, and of all partners.
REFUSALS_PER_PARTNER = 20
MOST_REFUSALS = 1_000


@dataclass(slots=True)
class HourOfKey:
    """The calls of one key in one hour."""

    calls: Calls = field(default_factory=Calls)
    last_call_at: datetime = datetime.min

    def count(self, status: int, at: datetime) -> None:
        self.calls.count(status)
        self.last_call_at = at


@dataclass(slots=True)
class PendingUsage:
    """Usage that is not flushed to the database yet."""

    hours: dict[tuple[ApiKeyId, datetime], HourOfKey] = field(default_factory=dict)
    refusals: dict[PartnerId, deque[Refusal]] = field(default_factory=dict)
    refusals_waiting: int = 0
    #: Calls that were not counted, and refusals that are not listed, because of the bounds.
    dropped: int = 0

    def hour(self, key_id: ApiKeyId, hour: datetime) -> HourOfKey | None:
        """Return the counts of a key in an hour, to be added to; None beyond the bound."""
        found = self.hours.get((key_id, hour))
        if found is None:
            if len(self.hours) >= MOST_KEY_HOURS:
                self.dropped += 1
                return None
            found = self.hours[key_id, hour] = HourOfKey()
        return found

    def add_refusal(self, partner_id: PartnerId, refusal: Refusal) -> None:
        """List a refusal; the partner's oldest one makes room for it."""
        listed = self.refusals.get(partner_id)
        if listed is not None and len(listed) >= REFUSALS_PER_PARTNER:
            listed.popleft()
            self.refusals_waiting -= 1
            self.dropped += 1
        elif self.refusals_waiting >= MOST_REFUSALS:
            self.dropped += 1
            return
        if listed is None:
            listed = self.refusals[partner_id] = deque()
        listed.append(refusal)
        self.refusals_waiting += 1

    def add(self, later: "PendingUsage") -> None:
        """Add what was recorded later, while this could not be written."""
        for (key_id, hour), added in later.hours.items():
            if (waiting := self.hour(key_id, hour)) is not None:
                waiting.calls.add(added.calls)
                waiting.last_call_at = added.last_call_at
        for partner_id, refusals in later.refusals.items():
            for refusal in refusals:
                self.add_refusal(partner_id, refusal)
        self.dropped += later.dropped
