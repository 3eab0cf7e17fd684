"""The HTTP client of a weather provider that speaks Open-Meteo's formats.

An answer is read up to a bound, validated, and no redirect is followed: whatever else comes is a
``ProviderFailed``. Neither proxies nor credentials of the environment are used.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import TypeVar

import aiohttp
from pydantic import BaseModel, ValidationError

from api_edge.weather.answers import (
    FORECAST_DAYS,
    DailyColumns,
    FoundForecast,
    FoundPlaces,
    HourlyColumns,
    names,
)
from shared_domain.weather import Forecast, Place, Spot

#: An answer with 11 days has about 20 kB.
MOST_BYTES = 512 * 1024

#: Connections to the provider, however many subjects are wanted.
MOST_CONNECTIONS = 20

USER_AGENT = "Portico-Weather/1"

Found = TypeVar("Found", bound=BaseModel)


class ProviderFailed(Exception):
    """The provider gave no answer in time, or none of the right form; the message says which.

    It holds nothing that a caller sent, nor the provider's key.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderSettings:
    """The provider's URLs, and the time limit of a call; ``key`` is for its paying customers."""

    forecast_url: str
    geocoding_url: str
    key: str | None
    seconds: float


class OpenMeteo:
    """Client of Open-Meteo with a pool of keep-alive connections; used by one event loop."""

    def __init__(self, provider: ProviderSettings) -> None:
        self.provider = provider
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> "OpenMeteo":
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=MOST_CONNECTIONS, keepalive_timeout=15),
            timeout=aiohttp.ClientTimeout(total=self.provider.seconds),
            cookie_jar=aiohttp.DummyCookieJar(),
            # An answer that is small on the wire cannot become a large one in memory.
            auto_decompress=False,
            trust_env=False,
            headers={
                "User-Agent": USER_AGENT,
                "Accept": "application/json",
                "Accept-Encoding": "identity",
            },
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def find_place(self, city: str) -> Place | None:
        """Return the largest place of this name, None when there is none.

        Raises:
            ProviderFailed
        """
        found = await self._get(
            f"{self.provider.geocoding_url}/v1/search",
            {"name": city, "count": "1", "language": "en", "format": "json"},
            FoundPlaces,
        )
        return found.results[0].to_place() if found.results else None

    async def fetch_forecast(self, spot: Spot) -> Forecast:
        """Return the forecast of a spot, its days by the clock of its time zone.

        Raises:
            ProviderFailed
        """
        found = await self._get(
            f"{self.provider.forecast_url}/v1/forecast",
            {
                "latitude": f"{spot.latitude:.4f}",
                "longitude": f"{spot.longitude:.4f}",
                "hourly": ",".join(names(HourlyColumns)),
                "daily": ",".join(names(DailyColumns)),
                "timezone": spot.time_zone,
                "timeformat": "unixtime",
                "forecast_days": str(FORECAST_DAYS),
            },
            FoundForecast,
        )
        return found.to_forecast()

    async def _get(self, url: str, query: Mapping[str, str], model: type[Found]) -> Found:
        if self._session is None:
            raise RuntimeError("use the client in `async with`")
        if self.provider.key:
            query = {**query, "apikey": self.provider.key}
        try:
            # As parameters, every value is escaped: none can add one, or change the path.
            async with self._session.get(url, params=query, allow_redirects=False) as answer:
                if answer.status != 200:
                    raise ProviderFailed(f"status {answer.status}")
                body = await _read(answer)
            return model.model_validate(json.loads(body))
        except TimeoutError:
            raise ProviderFailed("no answer in time") from None
        except (aiohttp.ClientError, OSError) as problem:
            raise ProviderFailed(type(problem).__name__) from None
        except ValidationError as invalid:
            flaw = invalid.errors(include_url=False, include_input=False)[0]
            where = ".".join(map(str, flaw["loc"]))
            raise ProviderFailed(f"an answer of the wrong form at {where or 'its top'}") from None
        except (ValueError, RecursionError):
            raise ProviderFailed("an answer that is not JSON") from None


async def _read(answer: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for part in answer.content.iter_chunked(64 * 1024):
        body += part
        if len(body) > MOST_BYTES:
            answer.close()
            raise ProviderFailed(f"an answer of more than {MOST_BYTES} bytes")
    return bytes(body)
