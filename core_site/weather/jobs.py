"""The worker's jobs on weather: refresh forecasts of departures, and purge the cache."""

from django.utils import timezone
from procrastinate.contrib.django import app

from core_site import stores
from core_site.weather.refresh import refresh_forecasts
from shared_domain import weather
from shared_domain.run_now import run_now


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="refresh_weather")
async def refresh_weather(timestamp: int | None = None) -> None:
    """Fetch forecasts of outdoor departures that are older than an hour."""
    await refresh_forecasts(now=timezone.now())


@app.periodic(cron="7 * * * *")
@app.task(queueing_lock="purge_forecasts")
def purge_forecasts(timestamp: int | None = None) -> None:
    """Delete forecasts that were not used for 7 days, and the least recently used beyond 10,000."""
    while run_now(weather.purge_forecasts(now=timezone.now(), store=stores.weather())):
        continue
