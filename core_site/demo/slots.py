"""The departures on sale while the bookings are made up: what they have left, in memory."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from random import Random

from core_site.demo.departures import DAYS_BACK, departure_store
from core_site.demo.lives import DoesNotFit
from shared_domain.availability import DAYS_AHEAD, LIVE_STOCK, Departure, Stock
from shared_domain.catalog import OptionId
from shared_domain.run_now import run_now

ONE_DAY = timedelta(days=1)


class Slots:
    """Every option's departures by date.

    ``offered`` counts every place that was ever taken, also those of bookings that ended
    early: so no moment in the past was oversold either. ``reserved`` are those still taken, of the
    live stock only.
    """

    def __init__(self, options: Iterable[OptionId], *, today: date, now: datetime) -> None:
        store = departure_store()
        first, last = today - DAYS_BACK * ONE_DAY, today + (DAYS_AHEAD + 1) * ONE_DAY
        self._by_option = {
            option_id: run_now(store.between(option_id, first, last, stock=LIVE_STOCK, now=now))
            for option_id in options
        }
        self._dates = {
            option_id: [departure.local_date for departure in departures]
            for option_id, departures in self._by_option.items()
        }
        self._ever_taken: Counter[tuple[int, Stock]] = Counter()
        self.reserved: Counter[int] = Counter()

    def near(self, option_id: OptionId, day: date, rng: Random) -> Departure:
        """Return a departure of that day, or of the next day that has one."""
        dates = self._dates[option_id]
        position = bisect_left(dates, day)
        if position == len(dates):
            raise DoesNotFit
        behind = bisect_left(dates, dates[position] + ONE_DAY)
        return self.as_offered(self._by_option[option_id][rng.randrange(position, behind)])

    def as_offered(self, departure: Departure, stock: Stock = LIVE_STOCK) -> Departure:
        return replace(departure, reserved=self._ever_taken[departure.id, stock])

    def take(self, departure: Departure, places: int, stock: Stock, *, for_good: bool) -> None:
        self._ever_taken[departure.id, stock] += places
        if for_good and stock == LIVE_STOCK:
            self.reserved[departure.id] += places

    def untouched(
        self, option_id: OptionId, *, first: date, last: date, most_places: int
    ) -> Iterator[Departure]:
        """Yield open departures with few places that nobody has booked."""
        for departure in self._by_option[option_id]:
            if (
                first <= departure.local_date <= last
                and departure.is_open
                and departure.capacity is not None
                and departure.capacity <= most_places
                and not self._ever_taken[departure.id, LIVE_STOCK]
            ):
                yield departure
