"""Whatever writes: a stored key is usable, every change of it is noticed and kept in history."""

from datetime import UTC, datetime

import psycopg
import pytest
from django.db import IntegrityError, connection, models, transaction

from core_site.partners.models import ApiKey, Partner
from tests.harness.services import url_of_this_test
from tests.harness.waiting import EVENTUALLY_SECONDS

NOW = datetime(2026, 7, 1, 10, 0, tzinfo=UTC)


def stored(partner: Partner, **changes: object) -> ApiKey:
    values = {
        "label": "web shop",
        "prefix": "pk_live_abcdef",
        "digest": b"d" * 32,
        "is_test": False,
        "scopes": ["catalog:read"],
        "created_at": NOW,
        **changes,
    }
    return ApiKey.objects.create(partner=partner, **values)


@pytest.mark.parametrize(
    "changes",
    [
        {"digest": b"short"},
        {"scopes": []},
        {"scopes": ["everything"]},
        {"is_test": True},
        {"prefix": "pk_abcdef"},
    ],
)
def test_an_unusable_key_is_refused(partner: Partner, changes: dict[str, object]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        stored(partner, **changes)


def test_two_keys_never_share_a_digest(partner: Partner) -> None:
    stored(partner)

    with pytest.raises(IntegrityError), transaction.atomic():
        stored(partner)


@pytest.mark.parametrize("minutes", [0, 10_081])
def test_a_hold_lasts_from_a_minute_to_a_week(partner: Partner, minutes: int) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Partner.objects.update(max_hold_minutes=minutes)


@pytest.mark.parametrize("percent", [0, 101])
def test_a_partner_holds_from_one_to_all_of_a_hundred_places(
    partner: Partner, percent: int
) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Partner.objects.update(max_held_percent=percent)


def test_a_partner_with_keys_cannot_go(partner: Partner) -> None:
    stored(partner)

    with pytest.raises(models.ProtectedError):
        partner.delete()
    with pytest.raises(IntegrityError), connection.cursor() as cursor:
        cursor.execute("DELETE FROM partners_partner")


def test_every_change_of_a_key_and_of_a_partners_activity_is_announced(partner: Partner) -> None:
    key = stored(partner)
    named = str(key.pk)
    with psycopg.connect(url_of_this_test(), autocommit=True) as listener:
        listener.execute("LISTEN portico_api_key")

        ApiKey.objects.filter(pk=key.pk).update(revoked_at=NOW)
        Partner.objects.update(is_active=False)
        Partner.objects.update(name="Alpine")
        key.delete()

        listener.execute("NOTIFY portico_api_key, 'the last one'")
        notices = listener.notifies(timeout=EVENTUALLY_SECONDS, stop_after=4)
        assert [notice.payload for notice in notices] == [named, "*", named, "the last one"]


def test_history_tells_every_step_of_a_key_without_its_digest(partner: Partner) -> None:
    key = stored(partner)
    ApiKey.objects.filter(pk=key.pk).update(revoked_at=NOW)

    steps = list(key.events.order_by("pgh_id").values())

    assert [step["pgh_label"] for step in steps] == ["insert", "update"]
    assert steps[1]["revoked_at"] == NOW
    assert "digest" not in steps[0]


def test_history_cannot_be_changed(partner: Partner) -> None:
    key = stored(partner)

    with pytest.raises(Exception, match="append-only"), transaction.atomic():
        key.events.update(label="other")
