"""``endpoints_effects`` tells what one request wrote, rows and events, whichever view did it."""

import json
from typing import Any
from uuid import uuid4

import pghistory
import pytest
from django.contrib.auth.models import User as Staff
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from core_site import stores
from core_site.events.models import Event
from core_site.partners.models import Partner
from shared_domain import users
from shared_domain.run_now import run_now
from tests.admin.forms import save
from tests.shop import live

# Each request is a transaction of its own, as it is in life.
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def partner() -> Partner:
    return Partner.objects.create(code="alpine", name="Alpine", email="it@alpine.example")


def effects(request_id: object) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT endpoints_effects(%s)", [request_id])
        found: list[dict[str, Any]] = json.loads(cursor.fetchone()[0])
    return found


def make_user(partner: Partner, *, age: int = 30) -> users.User:
    return run_now(
        users.create_user(
            email=f"{uuid4()}@example.com",
            age=age,
            access=live(partner.pk),
            now=timezone.now(),
            store=stores.users(),
        )
    )


def test_a_row_is_told_with_the_columns_that_the_history_leaves_out(partner: Partner) -> None:
    request_id = uuid4()
    with pghistory.context(request_id=str(request_id)), transaction.atomic():
        user = make_user(partner, age=41)

    (told,) = effects(request_id)

    assert (told["table"], told["action"]) == ("users_user", "insert")
    assert (told["row"]["id"], told["row"]["age"]) == (str(user.id), 41)


def test_events_of_the_same_transaction_are_told(partner: Partner) -> None:
    request_id = uuid4()
    with pghistory.context(request_id=str(request_id)), transaction.atomic():
        make_user(partner)
        Event.objects.create(
            partner=partner, test_mode=False, type="booking.reserved", booking_uuid=uuid4()
        )
    Event.objects.create(
        partner=partner, test_mode=False, type="booking.expired", booking_uuid=uuid4()
    )

    told = effects(request_id)

    assert [it["table"] for it in told] == ["users_user", "events_event"]
    assert told[1]["row"]["type"] == "booking.reserved"


def test_a_row_that_somebody_changed_since_says_so(partner: Partner) -> None:
    request_id = uuid4()
    with pghistory.context(request_id=str(request_id)), transaction.atomic():
        user = make_user(partner)
    assert not effects(request_id)[0]["is_superseded"]

    with pghistory.context(request_id=str(uuid4())), transaction.atomic():
        run_now(
            users.update_user(
                user.id,
                users.UserChange(email=None, age=31),
                access=live(partner.pk),
                now=timezone.now(),
                store=stores.users(),
            )
        )

    assert effects(request_id)[0]["is_superseded"]


def test_a_request_that_wrote_nothing(partner: Partner) -> None:
    make_user(partner)

    assert effects(uuid4()) == []


def test_a_view_need_not_say_anything_itself(partner: Partner, client: Client) -> None:
    """The site's middleware stamps what any view changes with the id that the door gave."""
    client.force_login(Staff.objects.create_superuser("ada", password="not used"))
    request_id = uuid4()

    client.defaults["HTTP_X_REQUEST_ID"] = str(request_id)
    path = reverse("admin:partners_partner_change", args=[partner.pk])
    changed = save(client, path, max_hold_minutes="60")

    assert changed.status_code == 302
    told = {it["table"]: it for it in effects(request_id)}
    assert told["partners_partner"]["row"]["max_hold_minutes"] == 60
