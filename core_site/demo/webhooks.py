"""Webhook endpoints of the demo: one that accepts its events, one that was disabled."""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

from core_site.bookings.models import Booking
from core_site.partners.models import Partner
from core_site.webhooks.destination_states import load_signing_keys
from core_site.webhooks.models import Attempt, Delivery, Queue, WebhookEndpoint
from shared_domain.partners import PartnerKind
from shared_domain.webhooks import (
    AttemptProblem,
    DeliveryState,
    DisabledBy,
    SecretsNotConfigured,
    SecretVersion,
)

#: Deliveries that each shows; names of ``.example`` lead nowhere, so nothing leaves the demo.
SHOWN = 12

#: The examples of the API's documentation name these.
DOCUMENTED_ENDPOINT = UUID("c0ffee2f-2f0e-4f3b-9b3a-52d1f0c7a9e4")
DOCUMENTED_MESSAGE = "evt_48211"

_GIVEN_UP_FOR = timedelta(days=2)


def load_webhooks(*, now: datetime) -> None:
    """Add an endpoint of each of the first two resellers, with deliveries and attempts."""
    first, second = Partner.objects.filter(kind=PartnerKind.RESELLER.value).order_by("id")[:2]
    works = _add(first, DOCUMENTED_ENDPOINT, "Bookings", now=now)
    gone = _add(second, uuid4(), "Old shop", now=now)
    latest = Booking.objects.filter(test_mode=False).order_by("-id")
    # In the order of time, as the list of deliveries shows them.
    since = now - _GIVEN_UP_FOR
    for number, booking in enumerate(latest.filter(partner=second)[:3]):
        _deliver(gone, booking, number, at=since + timedelta(seconds=number), statuses=(410,))
    for number, booking in enumerate(list(latest.filter(partner=first)[:SHOWN])[::-1]):
        at = now - timedelta(minutes=7 * (SHOWN - number) + 3)
        _deliver(works, booking, number, at=at, statuses=(503, 200) if number == 4 else (200,))
    Queue.objects.filter(endpoint=works).update(last_success_at=now - timedelta(minutes=10))
    Queue.objects.filter(endpoint=gone).update(
        last_failure_at=since, failing_since=since, failures=3
    )
    WebhookEndpoint.objects.filter(pk=gone.pk).update(
        disabled_by=DisabledBy.GONE.value, disabled_at=since, updated_at=since
    )


def _add(partner: Partner, pk: UUID, description: str, *, now: datetime) -> WebhookEndpoint:
    made_at = now - timedelta(days=40)
    version = _secret_version()
    endpoint = WebhookEndpoint.objects.create(
        pk=pk,
        partner=partner,
        test_mode=False,
        url=f"https://hooks.{partner.code}.example/portico",
        description=description,
        secret_number=version.number,
        secret_key_id=version.key_id,
        created_at=made_at,
        updated_at=made_at,
    )
    Queue.objects.create(endpoint=endpoint, position=0)
    return endpoint


def _secret_version() -> SecretVersion:
    """Return the version of a signing secret, which may be one that no configured key derives."""
    try:
        return load_signing_keys().next_version()
    except SecretsNotConfigured:
        return SecretVersion(1, "none")


def _deliver(
    endpoint: WebhookEndpoint,
    booking: Booking,
    number: int,
    *,
    at: datetime,
    statuses: tuple[int, ...],
) -> None:
    is_accepted = statuses[-1] == 200
    problems = {200: AttemptProblem.NONE.value}
    delivery = Delivery.objects.create(
        endpoint=endpoint,
        message_id=f"evt_demo_{number}" if number else DOCUMENTED_MESSAGE,
        position=number + 1,
        type="booking.confirmed",
        subject=f"booking {booking.uuid}",
        booking_uuid=booking.uuid,
        state=(DeliveryState.DELIVERED if is_accepted else DeliveryState.PASSED_OVER).value,
        attempts=len(statuses),
        first_attempt_at=at,
        last_attempt_at=at,
        last_status=statuses[-1],
        last_problem=problems.get(statuses[-1], AttemptProblem.STATUS.value),
        last_duration_ms=80 + 13 * number,
        settled_at=at,
        created_at=at,
    )
    Attempt.objects.bulk_create(
        Attempt(
            delivery=delivery,
            at=at - timedelta(seconds=5 * (len(statuses) - step - 1)),
            status=status,
            problem=problems.get(status, AttemptProblem.STATUS.value),
            duration_ms=80 + 13 * number,
            answer="" if status == 200 else "this shop has moved",
        )
        for step, status in enumerate(statuses)
    )
