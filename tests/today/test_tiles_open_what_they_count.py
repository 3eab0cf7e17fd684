"""Every tile of Today opens exactly what it counted, for every role, at rows on the borders."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from unittest.mock import patch
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from core_site.bookings.hold_expiry import SOON
from core_site.bookings.models import Booking
from core_site.catalog.local_days import supplier_today
from core_site.demo.staff import FINANCE, RESERVATIONS, load_staff
from core_site.disruptions.models import Disruption
from core_site.messages.models import Message
from core_site.messages.office.failures import STUCK_AFTER
from core_site.notifications.models import Subscription, SubscriptionQueue
from core_site.payments.models import Account
from core_site.webhooks.models import Queue, WebhookEndpoint
from shared_domain.webhooks import SigningKeys
from tests.admin.staff import Desk, logged_in
from tests.harness.data import add_departure, add_product
from tests.harness.pages import context_of
from tests.harness.staff_sessions import sign_in

KEY = SigningKeys.parse("only for tests").next_version().key_id

SECOND, DAY = timedelta(seconds=1), timedelta(days=1)

#: What the administrator's tiles count of the rows below.
COUNTED = {
    "Bookings to decide": 1,
    "Holds ending soon": 2,
    "Tickets to send": 3,
    "Mails that failed": 1,
    "Mails that wait": 1,
    "Refunds due": 1,
    "Cancelling or moving": 1,
    "Webhooks in trouble": 3,
    "OCTO notifications in trouble": 3,
}


@pytest.fixture
def now(db: None) -> Iterator[datetime]:
    """Stop the clock: what a tile counts and what its list shows is of the same moment."""
    stopped = timezone.now().replace(microsecond=0)
    with patch.object(timezone, "now", lambda: stopped):
        yield stopped


@pytest.fixture
def borders(now: datetime, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows beside the border of each tile, one of them a test."""
    monkeypatch.setenv("PORTICO_WEBHOOK_KEY", "only for tests")
    for end in (now, now + SECOND, now + SOON, now + SOON + SECOND):
        desk.change(desk.held(), hold_expires_at=end)
    desk.change(desk.held(test_mode=True), hold_expires_at=now + SECOND)
    late, due, test = desk.confirmed(), desk.confirmed(), desk.confirmed(test_mode=True)
    desk.change(late, tickets_due_at=now - DAY, sale_date=supplier_today(now) - 29 * DAY)
    desk.change(due, tickets_due_at=now, sale_date=supplier_today(now) - 30 * DAY)
    desk.change(test, tickets_due_at=now)
    # Of departures that are over, and of one that ends in a second.
    for ends_at in (now, now + SECOND):
        over = add_departure(
            desk.shop.kayak, starts_at=now - timedelta(hours=2) + (ends_at - now), capacity=10
        )
        desk.change(
            desk.confirmed(), departure_id=over.pk, tickets_due_at=now - DAY,
            sale_date=supplier_today(now) - 30 * DAY,
        )  # fmt: skip
    desk.cancelled()
    for balance, booking in ((-1, late), (0, due), (1, desk.confirmed())):
        add_account(booking, balance, now)
    for booking, outcome in ((late, "REFUSED"), (test, "REFUSED"), (due, "SENT"), (due, "WAITING")):
        Message.objects.create(
            booking=booking, partner_id=booking.partner_id, test_mode=booking == test,
            kind="TICKETS", outcome=outcome, stands_since=now,
        )  # fmt: skip
    waited = now - STUCK_AFTER - SECOND
    for owed_at, due_at, test_mode in (
        *((waited, now, False), (waited, now, True)),
        *((waited + SECOND, now, False), (waited, now + SECOND, False)),
    ):
        Message.objects.create(
            booking=due, partner_id=due.partner_id, test_mode=test_mode, kind="REMINDER",
            outcome="WAITING", stands_since=owed_at, owed_at=owed_at, due_at=due_at,
        )  # fmt: skip
    desk.pending()
    desk.change(desk.pending(), test_mode=True, uuid=uuid4())
    for finished_at in (None, now):
        Disruption.objects.create(
            kind="CANCEL", refund="FULL", title="wind", started_at=now, finished_at=finished_at
        )
    for test_mode, disabled_by, failing_since, key in (
        *((False, "", now, KEY), (False, "failure", None, KEY), (False, "", None, "gone")),
        *((False, "", None, KEY), (False, "partner", now, KEY), (True, "", now, KEY)),
    ):
        endpoint = WebhookEndpoint.objects.create(
            partner_id=late.partner_id, test_mode=test_mode, url="https://a.example.com",
            disabled_by=disabled_by, disabled_at=now if disabled_by else None, secret_number=1,
            secret_key_id=key, created_at=now, updated_at=now,
        )  # fmt: skip
        Queue.objects.create(endpoint=endpoint, position=0, failing_since=failing_since)
        subscription = Subscription.objects.create(
            partner_id=late.partner_id, test_mode=test_mode, url="https://a.example.com",
            disabled_by=disabled_by, disabled_at=now if disabled_by else None,
            notification_types=["BOOKING_UPDATE"], sealed_headers=f"{key}.c2VhbGVk",
            created_at=now, updated_at=now,
        )  # fmt: skip
        SubscriptionQueue.objects.create(
            subscription=subscription, begins_after=0, failing_since=failing_since
        )
    # Midnight by the product's clock begins its day, and the second before ends the one before.
    tour = add_product("tour", partners=(), time_zone="UTC")
    midnight = (now + DAY).replace(hour=0, minute=0, second=0)
    for start in (midnight, midnight + DAY - SECOND, midnight + DAY):
        add_departure(tour, starts_at=start, local_date=start.date(), capacity=10)


def add_account(booking: Booking, balance_minor: int, now: datetime) -> None:
    Account.objects.create(
        booking=booking, is_direct=True, status="CONFIRMED", currency="EUR", retail_minor=100,
        received_minor=100 - balance_minor, refunded_minor=0, written_off_minor=0, changed_at=now,
    )  # fmt: skip


def test_for_every_role_at_every_border(borders: None, rosa: Client) -> None:
    load_staff()
    seen = {"administrator": follow(rosa)}
    for group in (RESERVATIONS, FINANCE):
        client = Client()
        sign_in(client, User.objects.get(groups__name=group))
        seen[group] = follow(client)

    days = {"Today": seen["administrator"]["Today"], "Tomorrow": 2}
    assert seen["administrator"] == COUNTED | days | {"Revenue": 3}
    assert seen[RESERVATIONS] == COUNTED | days
    assert seen[FINANCE] == COUNTED | days | {"Revenue": 3}


def follow(client: Client) -> dict[str, int]:
    """Open what each tile links to, and return the counts, which have to be the same."""
    page = context_of(client, "/admin/")
    seen = {figure.title: figure.value for figure in page["figures"]}
    seen |= {day.title: day.departures for day in page.get("days", ())}
    for tile in (*page["figures"], *page.get("days", ())):
        assert context_of(client, tile.link)["cl"].result_count == seen[tile.title], tile.title
    if sales := page.get("sales"):
        opened = context_of(client, sales["link"])
        assert opened["total"] == sales["total"]
        seen["Revenue"] = sales["total"]["bookings"]
    return seen


def test_a_role_without_permissions_sees_no_tile(borders: None) -> None:
    page = logged_in("users.view_user").get("/admin/")

    assert page.status_code == 200
    assert not page.context["figures"]
    assert "days" not in page.context
    assert "sales" not in page.context
