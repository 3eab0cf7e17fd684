"""Staff see how a partner's keys use the API, and expired records are deleted."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from core_site import stores
from core_site.partners.models import ApiKey
from core_site.usage import retention
from core_site.usage.jobs import purge_usage
from core_site.usage.models import KeyHour, Refusal
from shared_domain import partners, usage
from shared_domain.partners import PartnerId
from shared_domain.run_now import run_now
from tests.admin.staff import logged_in, text_of
from tests.harness.data import add_partner

pytestmark = pytest.mark.django_db

AN_HOUR = timedelta(hours=1)


@pytest.fixture
def key() -> ApiKey:
    issued = run_now(
        partners.issue_key(
            PartnerId(add_partner("alice")), label="web shop", is_test=False,
            scopes=["catalog:read"], expires_at=None, now=timezone.now(), store=stores.keys(),
        )
    )  # fmt: skip
    return ApiKey.objects.get(pk=issued.id)


def add_hour(key: ApiKey, ago: timedelta, **counts: int) -> KeyHour:
    none = {"succeeded": 0, "refused": 0, "limited": 0, "failed": 0}
    at = timezone.now() - ago
    hour = at.replace(minute=0, second=0, microsecond=0)
    return KeyHour.objects.create(api_key=key, hour=hour, last_call_at=at, **none | counts)


def new_refusal(key: ApiKey, at: datetime, **values: Any) -> Refusal:
    usual = {
        "method": "POST", "path_template": "/octo/bookings", "status": 400,
        "code": "UNPROCESSABLE_ENTITY", "reason": "sold-out", "fields": ["unitItems[0].unitId"],
        "request_id": uuid4(),
    }  # fmt: skip
    return Refusal(partner=key.partner, api_key=key, at=at, **usual | values)


def test_calls_and_refusals_for_those_who_may_see_keys(
    key: ApiKey,
    django_assert_max_num_queries: Callable[[int], AbstractContextManager[object]],
) -> None:
    add_hour(key, timedelta(minutes=5), succeeded=1_190, refused=6)
    add_hour(key, timedelta(days=3), limited=3, failed=1)
    refusal = new_refusal(key, timezone.now())
    refusal.save()
    path = f"/admin/partners/partner/{key.partner_id}/change/"
    rosa = logged_in("partners.view_partner", "partners.view_apikey")
    rosa.get(path)

    with django_assert_max_num_queries(20):
        page = text_of(rosa.get(path))

    assert "1,200 calls in 30 days 0.8 % refused or failed 1,190 answered 6 refused" in page
    assert "web shop 1,200 0.8 % 5 minutes ago" in page
    assert (
        "POST /octo/bookings web shop 400 Sold out (UNPROCESSABLE_ENTITY) unitItems[0].unitId "
        f"{refusal.request_id}" in page
    )
    without_keys = text_of(logged_in("partners.view_partner", username="ines").get(path))
    assert "API usage" not in without_keys
    assert str(refusal.request_id) not in without_keys


def test_lists_of_keys_say_when_each_was_last_used(key: ApiKey) -> None:
    rosa = logged_in("partners.view_apikey", "partners.view_partner")
    assert "never" in text_of(rosa.get("/admin/partners/apikey/"))

    add_hour(key, timedelta(days=2), succeeded=1)
    add_hour(key, timedelta(hours=3), succeeded=1)

    assert "3 hours ago" in text_of(rosa.get("/admin/partners/apikey/"))
    assert "3 hours ago" in text_of(rosa.get(f"/admin/partners/apikey/{key.pk}/change/"))
    ApiKey.objects.update(created_at=timezone.now() - timedelta(days=200))
    KeyHour.objects.all().delete()
    assert "not in 90 days" in text_of(rosa.get("/admin/partners/apikey/"))


def test_expired_records_are_deleted(key: ApiKey, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    kept = add_hour(key, usage.CALLS_KEPT_FOR - 2 * AN_HOUR, succeeded=1)
    for hours in (2, 3, 4):
        add_hour(key, usage.CALLS_KEPT_FOR + hours * AN_HOUR, succeeded=1)
    now = timezone.now()
    surplus = 3
    Refusal.objects.bulk_create(
        new_refusal(key, now - usage.REFUSALS_KEPT_FOR - AN_HOUR) for _ in range(3)
    )
    fresh = Refusal.objects.bulk_create(
        new_refusal(key, now) for _ in range(usage.REFUSALS_KEPT + surplus)
    )

    purge_usage()

    assert list(KeyHour.objects.all()) == [kept]
    assert set(Refusal.objects.all()) == set(fresh[surplus:])
