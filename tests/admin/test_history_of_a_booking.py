"""A booking's page tells what happened to it, in order, and who did it: staff, key or job."""

import pghistory
import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from core_site import stores
from core_site.bookings.admin_history import history_of
from core_site.bookings.jobs import release_lapsed_holds
from core_site.bookings.models import Booking
from shared_domain import partners
from shared_domain.partners import PartnerId
from shared_domain.run_now import run_now
from tests.admin.staff import Desk, logged_in, open_shop, page_of, text_of

# Each step is a transaction of its own, as it is in life.
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def desk() -> Desk:
    return Desk(open_shop())


@pytest.fixture
def rosa() -> Client:
    return logged_in()


def steps(booking: Booking) -> list[tuple[str, str, str]]:
    return [(step.what, step.status, step.who) for step in history_of(booking)]


def test_staff_are_named(rosa: Client, desk: Desk) -> None:
    held = desk.held()

    rosa.post(page_of(held, "confirm"))
    rosa.post(page_of(held, "cancel"), {"reason": "rain"})

    assert steps(held) == [
        ("Cancelled", "Cancelled", "Staff: rosa"),
        ("Confirmed", "Confirmed", "Staff: rosa"),
        ("Reserved", "On Hold", "–"),
    ]
    shown = text_of(rosa.get(page_of(held)))
    assert "What happened" in shown
    assert "Cancelled Cancelled Staff: rosa" in shown


def test_staff_who_have_left_leave_their_steps(rosa: Client, desk: Desk) -> None:
    held = desk.held()
    rosa.post(page_of(held, "confirm"))

    User.objects.filter(username="rosa").update(username="someone else")
    assert steps(held)[0][2] == "Staff: someone else"

    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_admin_log; DELETE FROM auth_user")
    assert steps(held)[0][2] == "Staff, since removed"


def test_a_key_is_named_by_its_label(desk: Desk) -> None:
    issued = run_now(
        partners.issue_key(
            PartnerId(desk.shop.alice),
            label="web shop",
            is_test=False,
            scopes=["bookings:write"],
            expires_at=None,
            now=timezone.now(),
            store=stores.keys(),
        )
    )
    with pghistory.context(api_key=issued.id), transaction.atomic():
        held = desk.held()

    ((_, _, who),) = steps(held)
    assert who.startswith("API key: web shop (pk_live_")


def test_a_job_is_named(desk: Desk) -> None:
    lapsed = desk.lapsed()

    release_lapsed_holds()

    assert steps(lapsed)[0] == ("Expired", "Expired", "Job: release_lapsed_holds")
