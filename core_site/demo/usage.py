"""Write the API usage of the demo's partners: a month of calls, and some refused calls."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from core_site.demo.partners import PARTNERS
from core_site.partners.models import ApiKey
from core_site.usage.models import KeyHour, Refusal

DAYS_OF_CALLS = 30

#: Calls in a busy hour, for each unit of a partner's volume.
CALLS_PER_VOLUME = 12

BOOKINGS = "/octo/bookings"

#: Method, path, status, OCTO's code, refusal, fields at fault: what partners' programs get wrong.
MISTAKES: tuple[tuple[str, str, int, str, str, list[str]], ...] = (
    ("POST", BOOKINGS, 400, "UNPROCESSABLE_ENTITY", "sold-out", []),
    ("POST", "/octo/availability", 400, "BAD_REQUEST", "request-malformed", ["localDateStart"]),
    ("POST", f"{BOOKINGS}/{{uuid}}/confirm", 400, "INVALID_BOOKING_UUID", "hold-expired", ["uuid"]),
    ("POST", BOOKINGS, 400, "INVALID_PRODUCT_ID", "product-not-found", ["productId"]),
    ("POST", f"{BOOKINGS}/{{uuid}}/confirm", 400, "UNPROCESSABLE_ENTITY", "contact-incomplete",
     ["contact.emailAddress", "unitItems[0].contact.firstName"]),
    ("POST", BOOKINGS, 400, "BAD_REQUEST", "request-malformed", ["unitItems[1].(unknown field)"]),
    ("GET", "/v1/users/{id}", 404, "urn:portico:problem:user-not-found", "user-not-found", ["id"]),
    ("GET", "/octo/products", 429, "TOO_MANY_REQUESTS", "", []),
    ("GET", "/octo/products", 503, "INTERNAL_SERVER_ERROR", "", []),
)  # fmt: skip


def load_usage(rng: Random, *, now: datetime) -> None:
    """Write the calls of each key by hour, and some refused calls of each key."""
    keys = list(ApiKey.objects.select_related("partner").order_by("id"))
    KeyHour.objects.bulk_create(hour for key in keys for hour in _hours(key, rng, now=now))
    refusals = [
        Refusal(
            partner=key.partner, api_key=key, at=at, method=method, path_template=path,
            status=status, code=code, reason=reason, fields=fields,
            request_id=UUID(int=rng.getrandbits(128), version=4),
        )
        for key in keys
        for at in (now - timedelta(minutes=rng.randint(2, 4000)) for _ in range(14))
        for method, path, status, code, reason, fields in [rng.choice(MISTAKES)]
    ]  # fmt: skip
    Refusal.objects.bulk_create(sorted(refusals, key=lambda refusal: refusal.at))


def _hours(key: ApiKey, rng: Random, *, now: datetime) -> list[KeyHour]:
    this_hour = now.replace(minute=0, second=0, microsecond=0)
    shape: Mapping[str, Any] = PARTNERS.get(key.partner.code, {"volume": 1})
    most = CALLS_PER_VOLUME * int(shape["volume"]) // (8 if key.is_test else 1) + 2
    rows = []
    for ago in range(24 * DAYS_OF_CALLS):
        hour = this_hour - timedelta(hours=ago)
        # Quiet nights, busy afternoons, and a little busier at the weekend.
        busy = (0.08 if hour.hour < 7 else 0.5 if hour.hour < 12 else 1.0) * (
            1.3 if hour.weekday() >= 5 else 1.0
        )
        calls = round(most * busy * rng.uniform(0.5, 1.0))
        if calls:
            refused = sum(rng.random() < 0.03 for _ in range(min(calls, 60)))
            limited = rng.randint(1, most) if rng.random() < 0.01 else 0
            rows.append(
                KeyHour(
                    api_key=key, hour=hour, succeeded=max(0, calls - refused), refused=refused,
                    limited=limited, failed=int(rng.random() < 0.004),
                    last_call_at=min(now, hour + timedelta(minutes=rng.randint(1, 59))),
                )
            )  # fmt: skip
    return rows
