"""Forecasts that were not renewed for a week are purged, and all but the newest so many."""

from datetime import UTC, datetime, timedelta

import pytest

from core_site import stores
from core_site.weather.models import CachedForecast
from shared_domain import weather
from shared_domain.run_now import run_now

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)


@pytest.mark.django_db
def test_the_worker_purges_what_is_of_no_use() -> None:
    ages = {"old": 8 * 24, "week": 6 * 24, "day": 24, "hour": 1}
    for name, hours in ages.items():
        CachedForecast.objects.create(
            subject=f"city:{name}", used_at=NOW - timedelta(hours=hours), fetched_at=NOW
        )

    deleted = [
        run_now(weather.purge_forecasts(now=NOW, store=stores.weather(), most=2)) for _ in range(3)
    ]

    assert deleted == [1, 1, 0]
    kept = CachedForecast.objects.order_by("-used_at").values_list("subject", flat=True)
    assert list(kept) == ["city:hour", "city:day"]
