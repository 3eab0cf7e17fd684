"""Staff see how a partner's subscriptions fare, disable and enable them, and see no header."""

from datetime import timedelta

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from core_site.notifications.jobs import (
    KEPT_FOR,
    purge_notifications,
    send_subscription_notices,
)
from core_site.notifications.models import (
    Notification,
    NotificationAttempt,
    Subscription,
    SubscriptionQueue,
)
from tests.admin.staff import logged_in, open_shop, text_of
from tests.harness.data import Shop

READER = ("notifications.view_subscription", "notifications.view_notification")
MANAGER = (*READER, "notifications.change_subscription")
SEALED = "key.c2VhbGVk"


@pytest.fixture
def shop(db: None) -> Shop:
    return open_shop()


@pytest.fixture
def subscription(shop: Shop) -> Subscription:
    now = timezone.now()
    made = Subscription.objects.create(
        partner_id=shop.alice, test_mode=False, url="https://shop.example.com/octo",
        notification_types=["BOOKING_UPDATE"], sealed_headers=SEALED, created_at=now,
        updated_at=now,
    )  # fmt: skip
    SubscriptionQueue.objects.create(subscription=made, begins_after=0)
    return made


def add_notification(subscription: Subscription) -> Notification:
    now = timezone.now()
    made = Notification.objects.create(
        public_id=subscription.pk, subscription=subscription, kind="BOOKING_UPDATE",
        subject="a", product_code="", state="delivered", attempts=1, last_attempt_at=now,
        last_status=204, last_duration_ms=20, settled_at=now, created_at=now,
    )  # fmt: skip
    NotificationAttempt.objects.create(
        notification=made, at=now, status=None, problem="timeout", duration_ms=15_000
    )
    return made


def page_of(row: Subscription | Notification) -> str:
    return reverse(f"admin:notifications_{row._meta.model_name}_change", args=[row.pk])


def test_lists_pages_and_history_show_no_header(subscription: Subscription) -> None:
    notification = add_notification(subscription)
    staff = logged_in(*READER)

    shown = [
        text_of(staff.get(page))
        for page in (
            reverse("admin:notifications_subscription_changelist"),
            page_of(subscription),
            reverse("admin:notifications_subscription_history", args=[subscription.pk]),
            reverse("admin:notifications_notification_changelist"),
            page_of(notification),
        )
    ]

    assert SEALED not in "".join(shown)
    assert "https://shop.example.com/octo" in shown[0]
    assert "cannot be sent to" in shown[0]
    assert "cannot be sent to" in shown[1]
    assert "Its headers cannot be decrypted" in shown[1]
    assert "No answer in time" in shown[4]
    disable = reverse("admin:notifications_subscription_disable", args=[subscription.pk])
    assert staff.post(disable, {"submission": "a"}).status_code == 403


def test_disable_and_enable(subscription: Subscription) -> None:
    staff = logged_in(*MANAGER)
    states = []
    for name in ("disable", "enable"):
        button = reverse(f"admin:notifications_subscription_{name}", args=[subscription.pk])
        assert staff.get(button).status_code == 200
        assert staff.post(button, {"submission": name}).status_code == 302
        subscription.refresh_from_db()
        states.append(subscription.disabled_by)
    subscription.queue.refresh_from_db()

    assert states == ["staff", ""]
    assert subscription.queue.due_at is not None


def test_a_partner_is_told_once_of_what_was_disabled(subscription: Subscription) -> None:
    now = timezone.now()
    Subscription.objects.update(disabled_by="gone", disabled_at=now, notice_due_at=now)

    for _ in range(2):
        send_subscription_notices()

    (told,) = mail.outbox
    assert f"PATCH /octo/notifications/subscriptions/{subscription.pk}" in told.body
    assert SEALED not in told.body


def test_what_is_old_is_purged(subscription: Subscription) -> None:
    add_notification(subscription)
    long_ago = timezone.now() - KEPT_FOR - timedelta(hours=1)
    Notification.objects.update(created_at=long_ago)

    purge_notifications()
    assert Notification.objects.count() == 0

    Subscription.objects.update(removed_at=long_ago)
    purge_notifications()
    assert Subscription.objects.count() == 0
