"""The weather provider of the tests, and an edge that asks it."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from api_edge.weather.open_meteo import OpenMeteo, ProviderSettings
from tests.harness.clients import Answer, request_once
from tests.harness.committed_data import Keys
from tests.harness.databases import CommittedDatabase

#: No test waits for it: what hangs is set free.
WEATHER_SECONDS = 60


@dataclass(frozen=True)
class Provider:
    """The provider that ships for demo and tests, which does as it is told."""

    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def behave(self, mode: str) -> None:
        """Behave so from now on, forget the calls, and answer those that hang."""
        answer = request_once(self.port, "POST", "/test/behaviour", {"mode": mode})
        assert answer.status == 200, answer.text

    @property
    def calls(self) -> list[str]:
        return list(request_once(self.port, "GET", "/test/behaviour").body["calls"])

    @property
    def hanging(self) -> int:
        return int(request_once(self.port, "GET", "/test/behaviour").body["hanging"])

    def client(self, *, key: str | None = None, seconds: float = WEATHER_SECONDS) -> OpenMeteo:
        return OpenMeteo(
            ProviderSettings(
                forecast_url=self.url, geocoding_url=self.url, key=key, seconds=seconds
            )
        )


@dataclass(frozen=True)
class Edge:
    """An edge with the provider behind it."""

    port: int
    keys: Keys
    database: CommittedDatabase

    def ask(
        self,
        city: str | None = None,
        *,
        key: str | None = None,
        headers: Mapping[str, str] | None = None,
        **query: str,
    ) -> Answer:
        asked = urlencode(query if city is None else {"city": city, **query})
        path = f"/v1/weather?{asked}" if asked else "/v1/weather"
        return request_once(self.port, "GET", path, key=key or self.keys.live, headers=headers)
