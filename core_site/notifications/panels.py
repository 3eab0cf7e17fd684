"""Panels: a subscription's health and notifications, their attempts, a partner's subscriptions."""

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from core_site.admin_kit.change_pages.panels import Panel
from core_site.admin_kit.change_pages.tables import (
    FACTS,
    TABLE,
    Cell,
    Column,
    Link,
    build_facts,
    build_table,
)
from core_site.bookings.references import link_booking, with_booking
from core_site.notifications.header_sealer import load_header_sealer
from core_site.notifications.models import Notification, Subscription
from core_site.partners.models import Partner
from core_site.webhooks.destination_states import STATE_COLOURS, say_state
from core_site.webhooks.panels import (
    build_sent_table,
    say_answer,
    say_duration,
    say_moment,
    state_facts,
)
from shared_domain.notifications import MOST_SUBSCRIPTIONS, HeadersUnreadable, open_headers
from shared_domain.partners import PartnerKind
from shared_domain.webhooks import DeliveryState

NOTIFICATIONS_SHOWN, ATTEMPTS_SHOWN = 15, 50

_HEADERS_UNREADABLE = (
    "Its headers cannot be decrypted: PORTICO_WEBHOOK_KEY lacks their key. Put the key back, or "
    "ask the partner to send them again by PATCH."
)


def say_kinds(subscription: Subscription) -> str:
    """Return the types that a subscription gets: ``availability, booking``."""
    return ", ".join(kind.partition("_")[0].lower() for kind in subscription.notification_types)


def with_booking_of_partner(
    request: HttpRequest, rows: QuerySet[Notification]
) -> QuerySet[Notification]:
    """Annotate notifications for ``say_notification``."""
    return with_booking(
        request, rows, partner="subscription__partner", test_mode="subscription__test_mode"
    )


def say_notification(notification: Notification) -> SafeString:
    """Return what a notification is about: its type with the booking or the product."""
    kind = notification.kind.partition("_")[0].capitalize()
    if notification.booking_uuid is None:
        return format_html("{} {}", kind, notification.product_code)
    return format_html("{} {}", kind, link_booking(notification))


def load_health(request: HttpRequest, subscription: Subscription) -> Mapping[str, Any]:
    """Return the outcomes of a subscription's last notifications."""
    waiting = subscription.notifications.filter(state=DeliveryState.WAITING.value).count()
    obstacle = ""
    try:
        open_headers(
            subscription.sealed_headers, subscription=subscription.pk, sealer=load_header_sealer()
        )
    except HeadersUnreadable:
        obstacle = _HEADERS_UNREADABLE
    facts = state_facts(subscription, obstacle=obstacle)
    return build_facts([*facts, ("Waiting", f"{waiting:,}")])


def load_notifications(request: HttpRequest, subscription: Subscription) -> Mapping[str, Any]:
    """Return the latest notifications of the subscription."""
    every = reverse("admin:notifications_notification_changelist")
    return build_sent_table(
        with_booking_of_partner(request, subscription.notifications.order_by("-id"))[
            :NOTIFICATIONS_SHOWN
        ],
        ("Notification", say_notification),
        page="admin:notifications_notification_change",
        empty="Nothing was sent yet.",
        more=Link("All notifications", f"{every}?subscription__id__exact={subscription.pk}"),
    )


def load_attempts(request: HttpRequest, notification: Notification) -> Mapping[str, Any]:
    """Return the attempts to send a notification, the newest first."""
    return build_table(
        (Column("When"), Column("Answer"), Column("Took", is_number=True)),
        (
            (
                say_moment(attempt.at),
                Cell(
                    say_answer(attempt.status, attempt.problem),
                    colour="danger" if attempt.problem else "success",
                ),
                say_duration(attempt.duration_ms),
            )
            for attempt in notification.tries.order_by("-id")[:ATTEMPTS_SHOWN]
        ),
        empty="No attempt was made.",
    )


def load_subscriptions(request: HttpRequest, partner: Partner) -> Mapping[str, Any] | None:
    """Return a partner's subscriptions; None for the supplier's own sales, which have no API."""
    if partner.kind == PartnerKind.DIRECT:
        return None
    rows = Subscription.objects.filter(partner=partner, removed_at=None)
    shown = rows.select_related("queue", "partner").order_by("test_mode", "created_at")
    return build_table(
        (
            Column("URL"),
            Column("Mode"),
            Column("Told of"),
            Column("State"),
            Column("Last accepted"),
        ),
        (
            (
                Cell(row.url, reverse("admin:notifications_subscription_change", args=[row.pk])),
                "Test" if row.test_mode else "Live",
                say_kinds(row),
                Cell(say_state(row), colour=STATE_COLOURS[say_state(row)]),
                say_moment(row.queue.last_success_at),
            )
            for row in shown[: 2 * MOST_SUBSCRIPTIONS]
        ),
        empty="None: the partner subscribes by API.",
    )


HEALTH = Panel("health", "How it goes", load_health, FACTS, ("notifications.view_subscription",))
LATEST = Panel(
    "notifications", "Latest notifications", load_notifications, TABLE,
    ("notifications.view_notification",), is_wide=True,
)  # fmt: skip
ATTEMPTS = Panel(
    "attempts", "Attempts", load_attempts, TABLE, ("notifications.view_notification",),
    is_wide=True,
)  # fmt: skip
SUBSCRIPTIONS_OF_PARTNER = Panel(
    "subscriptions", "Subscriptions to OCTO notifications", load_subscriptions, TABLE,
    ("notifications.view_subscription",), is_wide=True,
)  # fmt: skip
