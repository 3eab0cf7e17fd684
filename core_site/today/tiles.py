"""Tiles of Today: how many rows wait for staff, each with a link to the list of these rows.

A tile counts by the same conditions as the filters of its link. Test bookings are left out, since
no guest waits for them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse

from core_site.admin_kit.changelist import BoundedPaginator
from core_site.bookings.admin_columns import late_tickets, owed_tickets, with_status
from core_site.bookings.hold_expiry import SOON, ends_soon
from core_site.bookings.models import Booking
from core_site.disruptions.models import Disruption
from core_site.messages.models import Message
from core_site.messages.office.failures import STUCK_AFTER, failed_messages, stuck_messages
from core_site.notifications.models import Subscription
from core_site.payments.admin import refunds_due
from core_site.payments.models import Account
from core_site.webhooks.destination_states import in_trouble
from core_site.webhooks.models import WebhookEndpoint
from shared_domain.bookings import BookingStatus


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A count of rows, with a note and a link to the list of them."""

    title: str
    counted: BoundedPaginator
    note: str
    link: str
    is_urgent: bool = False

    @property
    def value(self) -> int:
        return self.counted.count


@dataclass(frozen=True, slots=True)
class Tile:
    """A figure of Today, and the permission that its list needs."""

    permission: str
    count: Callable[[datetime], Figure]


def count_bookings_to_decide(now: datetime) -> Figure:
    counted = _count(with_status(_live_bookings(), BookingStatus.PENDING, now=now))
    return Figure(
        title="Bookings to decide",
        counted=counted,
        note="accept or reject them" if counted.count else "none is pending",
        link=_live_list(status="PENDING"),
        is_urgent=counted.count > 0,
    )


def count_holds_ending_soon(now: datetime) -> Figure:
    minutes = int(SOON.total_seconds() // 60)
    return Figure(
        title="Holds ending soon",
        counted=_count(_live_bookings().filter(ends_soon(now))),
        note=f"within {minutes} minutes",
        link=_live_list(status="ON_HOLD", hold_ends="soon"),
    )


def count_tickets_to_send(now: datetime) -> Figure:
    rows = _live_bookings()
    late = _count(late_tickets(rows, now=now))
    return Figure(
        title="Tickets to send",
        counted=_count(owed_tickets(rows, now=now)),
        note=f"{late.format_count} of them late" if late.count else "none is late",
        link=_live_list(tickets="due"),
        is_urgent=late.count > 0,
    )


def count_refunds_due(now: datetime) -> Figure:
    counted = _count(refunds_due(Account.objects.all()))
    return Figure(
        title="Refunds due",
        counted=counted,
        note="guests wait for their money" if counted.count else "nothing is owed to guests",
        link=_list("payments_account", state="refund"),
        is_urgent=counted.count > 0,
    )


def count_failed_messages(now: datetime) -> Figure:
    counted = _count(failed_messages(Message.objects.all(), now=now))
    return Figure(
        title="Mails that failed",
        counted=counted,
        note="send them again, or call the guest"
        if counted.count
        else "there is none to send again",
        link=_list("guest_messages_message", guest="untold"),
        is_urgent=counted.count > 0,
    )


def count_stuck_messages(now: datetime) -> Figure:
    minutes = int(STUCK_AFTER.total_seconds() // 60)
    counted = _count(stuck_messages(Message.objects.all(), now=now).order_by("pk"))
    return Figure(
        title="Mails that wait",
        counted=counted,
        note=f"for over {minutes} minutes: is the mail server away?"
        if counted.count
        else "all leave at once",
        link=_list("guest_messages_message", guest="waits"),
        is_urgent=counted.count > 0,
    )


def count_disruptions_running(now: datetime) -> Figure:
    counted = _count(Disruption.objects.filter(finished_at=None))
    return Figure(
        title="Cancelling or moving",
        counted=counted,
        note="departures, right now" if counted.count else "no departure at present",
        link=_list("disruptions_disruption", state="running"),
    )


def count_webhooks_in_trouble(now: datetime) -> Figure:
    counted = _count(in_trouble(WebhookEndpoint.objects.filter(test_mode=False)).order_by("pk"))
    return Figure(
        title="Webhooks in trouble",
        counted=counted,
        note="partners are not told of changes" if counted.count else "all are delivered",
        link=_list("webhooks_webhookendpoint", state="trouble", test_mode__exact="0"),
        is_urgent=counted.count > 0,
    )


def count_subscriptions_in_trouble(now: datetime) -> Figure:
    rows = in_trouble(Subscription.objects.filter(test_mode=False))
    counted = _count(rows.order_by("pk"))
    return Figure(
        title="OCTO notifications in trouble",
        counted=counted,
        note="partners are not told of changes" if counted.count else "all are delivered",
        link=_list("notifications_subscription", state="trouble", test_mode__exact="0"),
        is_urgent=counted.count > 0,
    )


#: In the order of the page.
TILES: tuple[Tile, ...] = (
    Tile("bookings.view_booking", count_bookings_to_decide),
    Tile("bookings.view_booking", count_holds_ending_soon),
    Tile("bookings.view_booking", count_tickets_to_send),
    Tile("guest_messages.view_message", count_failed_messages),
    Tile("guest_messages.view_message", count_stuck_messages),
    Tile("payments.view_account", count_refunds_due),
    Tile("disruptions.view_disruption", count_disruptions_running),
    Tile("webhooks.view_webhookendpoint", count_webhooks_in_trouble),
    Tile("notifications.view_subscription", count_subscriptions_in_trouble),
)


def load_figures(request: HttpRequest, *, now: datetime) -> list[Figure]:
    """Return the figures whose lists the staff user may open."""
    return [tile.count(now) for tile in TILES if request.user.has_perm(tile.permission)]


def _live_bookings() -> QuerySet[Booking]:
    return Booking.objects.filter(test_mode=False)


def _live_list(**query: str) -> str:
    return _list("bookings_booking", **query, test_mode__exact="0")


def _list(name: str, **query: str) -> str:
    return f"{reverse(f'admin:{name}_changelist')}?{urlencode(query)}"


def _count(rows: QuerySet[Any]) -> BoundedPaginator:
    """Return a paginator that counts only as far as the list does to which the figure links."""
    return BoundedPaginator(rows, per_page=1)
