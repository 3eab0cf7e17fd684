"""Dates, times and amounts in a letter, in the formats of the guest's locale (Babel, CLDR).

Travel times are in the product's time zone, with the name of its city in the guest's language.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time, get_timezone_location
from babel.numbers import format_currency

from core_site.messages.letters.translations import WORDING
from shared_domain import availability
from shared_domain.availability import Departure, DepartureTimes, OpeningPeriod
from shared_domain.catalog import Product
from shared_domain.messages import LanguageChoice
from shared_domain.money import currency_precision


class LetterFormats:
    """Formats the dates, times and amounts of one letter."""

    def __init__(self, choice: LanguageChoice) -> None:
        self._words: Mapping[str, str] = WORDING[choice.language]["times"]
        self._locale = _find_locale(choice)

    def money(self, amount_minor: int, currency: str) -> str:
        """Return an amount with its currency: ``€1,234.50``, ``1.234,50 €``."""
        amount = Decimal(amount_minor).scaleb(-currency_precision(currency))
        return str(format_currency(amount, currency, locale=self._locale))

    def time_of_day(self, clock: str) -> str:
        """Return a time such as ``08:05`` in the guest's format: ``8:05 AM``, ``08:05``."""
        shown: str = format_time(time.fromisoformat(clock), format="short", locale=self._locale)
        return shown

    def day(self, day: date) -> str:
        return str(format_date(day, "full", locale=self._locale))

    def start(self, departure: Departure | None, product: Product) -> str:
        """Return when a booking travels, with the city of its time zone."""
        if departure is None:
            return self._words["any_day"]
        zone = self.zone(product)
        if departure.opening_hours:
            return self._words["with_zone"].format(time=self._open_hours(departure), zone=zone)
        start = availability.local_start(departure, product.zone)
        return self._words["moment"].format(
            day=self.day(start.date()), start=self._clock(start), zone=zone
        )

    def before(self, before: DepartureTimes, product: Product) -> str:
        """Return the time before a move, as the guest was told it, with the UTC offset of then."""
        if before.opening_hours:
            return self._open_hours(before)
        return self._range(before, availability.announced_start(before, product.zone))

    def after(self, departure: Departure, product: Product) -> str:
        """Return the time after a move: start and end, UTC offset and city."""
        if departure.opening_hours:
            return self.start(departure, product)
        start = availability.local_start(departure, product.zone)
        return self._words["with_zone"].format(
            time=self._range(departure, start), zone=self.zone(product)
        )

    def zone(self, product: Product) -> str:
        city = get_timezone_location(product.zone, locale=self._locale, return_city=True)
        return self._words["zone"].format(city=city)

    def _range(self, timed: Departure | DepartureTimes, start: datetime) -> str:
        # In UTC, since a sum of local times would ignore that clocks change in between.
        ends_at = start.astimezone(UTC) + (timed.ends_at - timed.starts_at)
        return self._words["range"].format(
            day=self.day(start.date()),
            start=self._clock(start),
            end=self._clock(ends_at.astimezone(start.tzinfo)),
            offset=start.isoformat()[-6:],
        )

    def _open_hours(self, timed: Departure | DepartureTimes) -> str:
        hours = ", ".join(self._periods(timed.opening_hours))
        return self._words["open"].format(day=self.day(timed.local_date), hours=hours)

    def _periods(self, periods: Iterable[OpeningPeriod]) -> Iterable[str]:
        for period in periods:
            name = "period_past_midnight" if period.passes_midnight else "period"
            yield self._words[name].format(opens=period.opens, closes=period.closes)

    def _clock(self, moment: datetime) -> str:
        shown: str = format_time(
            time(moment.hour, moment.minute), format="short", locale=self._locale
        )
        return shown


def _find_locale(choice: LanguageChoice) -> Locale:
    """Return the guest's own locale, or the usual one of the language where Babel has none."""
    try:
        return Locale.parse(choice.locale, sep="-")
    except (ValueError, UnknownLocaleError):
        return Locale.parse(LanguageChoice.with_default_locale(choice.language).locale, sep="-")
