"""Why there is no forecast."""

from dataclasses import dataclass

from shared_domain.refusals import Refused


class WeatherRefused(Refused):
    """There is no forecast to show.

    ::

        WeatherRefused
        ├── CityUnknown          the provider knows no city of this name
        └── WeatherUnavailable   the provider gave no answer, and no usable forecast is cached
    """


class CityUnknown(WeatherRefused):
    """The provider knows no city of this name."""


@dataclass
class WeatherUnavailable(WeatherRefused):
    """The provider gave no answer, and there is no forecast young enough to show; retry later."""

    retry_after_seconds: int
