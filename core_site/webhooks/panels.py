"""Panels: an endpoint's health and deliveries, a delivery's attempts, a partner's endpoints."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from django.db.models import Count, Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

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
from core_site.admin_kit.viewer_zone import format_instant
from core_site.partners.models import Partner
from core_site.personal_data import may_see_personal_data
from core_site.webhooks.destination_models import PROBLEMS, Destination
from core_site.webhooks.destination_states import (
    STATE_COLOURS,
    UNSENDABLE,
    is_paused,
    lacks_key,
    load_signing_keys,
    say_state,
)
from core_site.webhooks.models import Delivery, WebhookEndpoint
from shared_domain.partners import PartnerKind
from shared_domain.webhooks import GAP, MOST_ENDPOINTS, DeliveryState

if TYPE_CHECKING:
    from core_site.notifications.models import Notification

Sent = TypeVar("Sent", Delivery, "Notification")

DELIVERY_COLOURS = {
    DeliveryState.WAITING.value: "warning",
    DeliveryState.DELIVERED.value: "success",
    DeliveryState.PASSED_OVER.value: "danger",
}

DELIVERIES_SHOWN, ATTEMPTS_SHOWN = 15, 50

_NOT_SIGNED = (
    "Nothing can be signed: PORTICO_WEBHOOK_KEY lacks the key of its secret. Put the key back, or "
    "rotate the secret."
)


def say_answer(status: int | None, problem: str) -> str:
    """Return the outcome of an attempt: the status, or the reason why there was no response."""
    return str(status) if status is not None else dict(PROBLEMS).get(problem) or "–"


def say_duration(milliseconds: int | None) -> str:
    return "–" if milliseconds is None else f"{milliseconds:,} ms"


def say_events(endpoint: WebhookEndpoint) -> str:
    """Return which events it gets: ``all``, the only one, or how many."""
    if not endpoint.types:
        return "all"
    words = [kind.replace("_", " ").replace(".", " ") for kind in endpoint.types]
    return ", ".join(words) if len(words) <= 2 else f"{words[0]} and {len(words) - 1} more"


def state_facts(destination: Destination, *, obstacle: str = "") -> list[tuple[str, Cell | object]]:
    """Return the state of a destination, since when, and its last answers, for a panel.

    ``obstacle`` says why nothing can be sent although it is enabled.
    """
    queue, state = destination.queue, say_state(destination)
    facts: list[tuple[str, Cell | object]] = [("State", Cell(state, colour=STATE_COLOURS[state]))]
    if obstacle and not destination.disabled_by:
        facts = [("State", Cell(UNSENDABLE, colour=STATE_COLOURS[UNSENDABLE])), ("Why", obstacle)]
    elif destination.disabled_by:
        facts += [
            ("Why", destination.get_disabled_by_display()),
            ("Since", say_moment(destination.disabled_at)),
        ]
    elif queue.failing_since is not None:
        facts += [("Failing since", say_moment(queue.failing_since))]
        if is_paused(destination):
            facts += [("Tried again", say_moment(queue.resume_at))]
    return [
        *facts,
        ("Last accepted", say_moment(queue.last_success_at)),
        ("Last failure", say_moment(queue.last_failure_at)),
    ]


def load_health(request: HttpRequest, endpoint: WebhookEndpoint) -> Mapping[str, Any]:
    """Return facts about the endpoint's state and its queue."""
    queue = endpoint.queue
    waiting = endpoint.deliveries.filter(state=DeliveryState.WAITING.value).count()
    obstacle = _NOT_SIGNED if lacks_key(endpoint) else ""
    facts = [
        *state_facts(endpoint, obstacle=obstacle),
        ("Waiting", f"{waiting:,}"),
        ("Read up to", f"event #{queue.position}"),
    ]
    if queue.replay_until is not None:
        facts.append(("Replay", f"at #{queue.replay_after} of #{queue.replay_until}"))
    until = endpoint.previous_secret_until
    is_known = load_signing_keys().can_derive(endpoint.previous_secret_key_id)
    if until is not None and until > timezone.now() and is_known:
        facts.append(("Old secret signs until", say_moment(until)))
    return build_facts(facts)


def load_deliveries(request: HttpRequest, endpoint: WebhookEndpoint) -> Mapping[str, Any]:
    """Return the latest deliveries of the endpoint."""
    every = reverse("admin:webhooks_delivery_changelist")
    return build_sent_table(
        endpoint.deliveries.order_by("-id")[:DELIVERIES_SHOWN],
        ("Event", say_event),
        page="admin:webhooks_delivery_change",
        empty="Nothing was sent yet. Send a sample to see what the endpoint answers.",
        more=Link("All deliveries", f"{every}?endpoint__id__exact={endpoint.pk}"),
    )


def build_sent_table(
    sent: Iterable[Sent],
    what: tuple[str, Callable[[Sent], str]],
    *,
    page: str,
    empty: str,
    more: Link,
) -> Mapping[str, Any]:
    """Return what was sent to a destination, with the last attempt of each, for a panel.

    ``what`` holds the title of the column that describes a message, and the function that returns
    its description. ``page`` is the URL name of a message's page.
    """
    title, say = what
    return build_table(
        (
            Column("When"),
            Column(title),
            Column("State"),
            Column("Answer"),
            Column("Took", is_number=True),
            Column("Attempts", is_number=True),
        ),
        (
            (
                Cell(
                    say_moment(row.last_attempt_at or row.created_at),
                    reverse(page, args=[row.pk]),
                ),
                say(row),
                Cell(row.get_state_display(), colour=DELIVERY_COLOURS[row.state]),
                say_answer(row.last_status, row.last_problem),
                say_duration(row.last_duration_ms),
                row.attempts,
            )
            for row in sent
        ),
        empty=empty,
        more=more,
    )


def say_event(delivery: Delivery) -> str:
    if delivery.type == GAP:
        return "Events that expired unread"
    words = delivery.type.replace("_", " ").replace(".", " ").capitalize()
    return f"{words} (sample)" if delivery.position is None else words


def load_attempts(request: HttpRequest, delivery: Delivery) -> Mapping[str, Any]:
    """Return the attempts of a delivery; response bodies need the right to see personal data."""
    is_waiting = delivery.state == DeliveryState.WAITING.value
    return {
        "attempts": [
            {
                "at": say_moment(attempt.at),
                "answer": say_answer(attempt.status, attempt.problem),
                "colour": "danger" if attempt.problem else "success",
                "took": say_duration(attempt.duration_ms),
                "text": attempt.answer,
                "problem": attempt.get_problem_display(),
            }
            for attempt in delivery.tries.order_by("-id")[:ATTEMPTS_SHOWN]
        ],
        "sees_answers": may_see_personal_data(request),
        "is_waiting": is_waiting,
        "is_unsigned": is_waiting and lacks_key(delivery.endpoint),
    }


def load_endpoints(request: HttpRequest, partner: Partner) -> Mapping[str, Any] | None:
    """Return a partner's endpoints; None for the supplier's own sales, which have no API."""
    if partner.kind == PartnerKind.DIRECT:
        return None
    rows = WebhookEndpoint.objects.filter(partner=partner, removed_at=None)
    waits = Q(deliveries__state=DeliveryState.WAITING.value)
    shown = rows.select_related("queue", "partner").annotate(
        waiting=Count("deliveries", filter=waits)
    )
    return build_table(
        (
            Column("URL"),
            Column("Mode"),
            Column("Events"),
            Column("State"),
            Column("Last accepted"),
            Column("Waiting", is_number=True),
        ),
        (
            (
                Cell(row.url, reverse("admin:webhooks_webhookendpoint_change", args=[row.pk])),
                "Test" if row.test_mode else "Live",
                say_events(row),
                Cell(say_state(row), colour=STATE_COLOURS[say_state(row)]),
                say_moment(row.queue.last_success_at),
                row.waiting,
            )
            for row in shown.order_by("test_mode", "created_at")[: 2 * MOST_ENDPOINTS]
        ),
        empty="None: it reads the log of events, or asks.",
        more=Link(
            "Add one",
            f"{reverse('admin:webhooks_webhookendpoint_create')}?partner={partner.pk}",
        )
        if request.user.has_perm("webhooks.change_webhookendpoint")
        else None,
    )


def say_moment(moment: datetime | None) -> str:
    return "–" if moment is None else format_instant(moment)


HEALTH = Panel("health", "How it goes", load_health, FACTS, ("webhooks.view_webhookendpoint",))
LATEST = Panel(
    "deliveries", "Latest deliveries", load_deliveries, TABLE, ("webhooks.view_delivery",),
    is_wide=True,
)  # fmt: skip
ATTEMPTS = Panel(
    "attempts",
    "Attempts",
    load_attempts,
    "webhooks/attempts.html",
    ("webhooks.view_delivery",),
    is_wide=True,
)
WEBHOOKS_OF_PARTNER = Panel(
    "webhooks", "Webhook endpoints", load_endpoints, TABLE, ("webhooks.view_webhookendpoint",),
    is_wide=True,
)  # fmt: skip
