"""Every route that a partner's key can call, and how to try what is another's on it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast
from uuid import uuid4

from fastapi.routing import APIRoute

from api_edge.app import create_app
from api_edge.settings import Settings
from core_site.partner_api.urls import urlpatterns
from shared_domain.users import Position, UserId
from tests.users.halves import an_email

#: A half, a method and a path template.
Route = tuple[str, str, str]


@dataclass(frozen=True, kw_only=True)
class Names:
    """By what something is asked for: what another has, or the like that does not exist."""

    booking: str
    user: str
    cursor: str
    email: str
    reseller_reference: str
    supplier_reference: str
    product: str
    slot: str
    webhook_endpoint: str
    webhook_delivery: str
    subscription: str

    @property
    def day(self) -> str:
        return self.slot[:10]

    def unknown(self, *, slot: str, product: str) -> "Names":
        """Return names of the same shape that stand for nothing."""
        position = Position.from_cursor(self.cursor)
        missing_ones = Position(position.created_at + timedelta(microseconds=1), UserId(uuid4()))
        return Names(
            booking=str(uuid4()),
            user=str(uuid4()),
            cursor=missing_ones.as_cursor(),
            email=an_email(),
            reseller_reference=str(uuid4()),
            supplier_reference="PT-0000000000",
            product=product,
            slot=slot,
            webhook_endpoint=str(uuid4()),
            webhook_delivery="evt_0",
            subscription=str(uuid4()),
        )


#: The path and the body of a request that tries to reach what ``Names`` name.
Attempt = Callable[[Names], tuple[str, Any]]


def _on_booking(step: str = "", body: Any = None) -> Attempt:
    return lambda names: (f"/octo/bookings/{names.booking}{step}", body)


def _reserve(names: Names) -> tuple[str, Any]:
    wanted = {
        "uuid": names.booking, "productId": "river-kayak", "optionId": "DEFAULT",
        "availabilityId": names.slot, "unitItems": [{"unitId": "adult"}],
        "resellerReference": names.reseller_reference,
    }  # fmt: skip
    return "/octo/bookings", wanted


def _of_product(path: str, **dates: Any) -> Attempt:
    def attempt(names: Names) -> tuple[str, Any]:
        body = {"productId": names.product, "optionId": "DEFAULT"}
        return path, body | {key: value(names) for key, value in dates.items()}

    return attempt


def _same(path: str) -> Attempt:
    return lambda _: (path, None)


def _on_webhook(step: str = "", body: Any = None) -> Attempt:
    def attempt(names: Names) -> tuple[str, Any]:
        path = f"/v1/webhook-endpoints/{names.webhook_endpoint}"
        return path + step.format(delivery_id=names.webhook_delivery), body

    return attempt


def _on_subscription(body: Any = None) -> Attempt:
    return lambda names: (f"/octo/notifications/subscriptions/{names.subscription}", body)


_SUBSCRIPTIONS: Mapping[tuple[str, str], tuple[Attempt, ...]] = {
    ("GET", "/subscriptions"): (_same("/octo/notifications/subscriptions"),),
    # The URL of a new one belongs to no other.
    ("POST", "/subscriptions"): (),
    ("POST", "/subcriptions"): (),
    ("GET", "/subscriptions/{id}"): (_on_subscription(),),
    ("PATCH", "/subscriptions/{id}"): (
        _on_subscription({"notificationTypes": ["BOOKING_UPDATE"]}),
    ),
    ("DELETE", "/subscriptions/{id}"): (_on_subscription(),),
}

_USERS: Mapping[tuple[str, str], tuple[Attempt, ...]] = {
    ("GET", "/v1/users"): (
        _same("/v1/users"),
        lambda names: (f"/v1/users?limit=100&cursor={names.cursor}", None),
    ),
    ("POST", "/v1/users"): (lambda names: ("/v1/users", {"email": names.email, "age": 30}),),
    ("GET", "/v1/users/{id}"): (lambda names: (f"/v1/users/{names.user}", None),),
    ("PATCH", "/v1/users/{id}"): (lambda names: (f"/v1/users/{names.user}", {"age": 99}),),
    ("DELETE", "/v1/users/{id}"): (lambda names: (f"/v1/users/{names.user}", None),),
}

_WEBHOOKS: Mapping[tuple[str, str], tuple[Attempt, ...]] = {
    ("GET", ""): (_same("/v1/webhook-endpoints"),),
    # The URL of a new one belongs to no other.
    ("POST", ""): (),
    ("GET", "/{id}"): (_on_webhook(),),
    ("PATCH", "/{id}"): (_on_webhook(body={"description": "mine now"}),),
    ("DELETE", "/{id}"): (_on_webhook(),),
    ("POST", "/{id}/rotate-secret"): (_on_webhook("/rotate-secret", {"overlapHours": 0}),),
    ("POST", "/{id}/disable"): (_on_webhook("/disable"),),
    ("POST", "/{id}/enable"): (_on_webhook("/enable", {"skipBacklog": True}),),
    ("POST", "/{id}/test"): (_on_webhook("/test", {"type": "booking.confirmed"}),),
    ("POST", "/{id}/replay"): (_on_webhook("/replay", {"after": 0, "until": 1}),),
    ("GET", "/{id}/deliveries"): (_on_webhook("/deliveries"),),
    ("GET", "/{id}/deliveries/{delivery_id}"): (_on_webhook("/deliveries/{delivery_id}"),),
    ("POST", "/{id}/deliveries/{delivery_id}/replay"): (
        _on_webhook("/deliveries/{delivery_id}/replay"),
    ),
}

#: What is tried on each route. Nothing of a partner's is behind those without an attempt.
ATTEMPTS: Mapping[Route, tuple[Attempt, ...]] = {
    ("edge", "GET", "/octo/bookings/{uuid}"): (_on_booking(),),
    ("edge", "GET", "/octo/bookings"): (
        lambda names: (f"/octo/bookings?resellerReference={names.reseller_reference}", None),
        lambda names: (f"/octo/bookings?supplierReference={names.supplier_reference}", None),
        lambda names: (f"/octo/bookings?localDate={names.day}", None),
    ),
    ("edge", "GET", "/v1/bookings/export"): (
        lambda names: (f"/v1/bookings/export?resellerReference={names.reseller_reference}", None),
        lambda names: (f"/v1/bookings/export?after={names.booking}", None),
    ),
    ("edge", "POST", "/octo/bookings"): (_reserve,),
    ("edge", "POST", "/octo/bookings/{uuid}/confirm"): (
        _on_booking("/confirm", {"contact": {"fullName": "Eve", "lastName": "E"}}),
    ),
    ("edge", "POST", "/octo/bookings/{uuid}/extend"): (
        _on_booking("/extend", {"expirationMinutes": 5}),
    ),
    ("edge", "PATCH", "/octo/bookings/{uuid}"): (_on_booking(body={"notes": "mine now"}),),
    ("edge", "POST", "/octo/bookings/{uuid}/cancel"): (_on_booking("/cancel", {"force": True}),),
    ("edge", "POST", "/octo/availability/calendar"): (
        _of_product(
            "/octo/availability/calendar",
            localDateStart=lambda names: names.day,
            localDateEnd=lambda names: names.day,
        ),
    ),
    ("edge", "POST", "/octo/availability"): (
        _of_product("/octo/availability", availabilityIds=lambda names: [names.slot]),
    ),
    ("edge", "GET", "/octo/products"): (_same("/octo/products"),),
    ("edge", "GET", "/octo/products/{id}"): (
        lambda names: (f"/octo/products/{names.product}", None),
    ),
    ("edge", "GET", "/octo/supplier"): (),
    ("edge", "GET", "/octo/capabilities"): (),
    ("edge", "GET", "/health"): (),
    ("edge", "GET", "/health/ready"): (),
    ("edge", "GET", "/docs"): (),
    ("edge", "GET", "/docs/changelog"): (),
    ("edge", "GET", "/openapi.json"): (),
    ("edge", "GET", "/redoc"): (),
    ("edge", "GET", "/v1/weather"): (),
    ("edge", "GET", "/v1/departures/weather"): (
        lambda names: (
            f"/v1/departures/weather?productId={names.product}&localDate={names.day}",
            None,
        ),
    ),
    ("edge", "GET", "/v1/events"): (_same("/v1/events?after=0"),),
    ("edge", "POST", "/v1/events/acknowledge"): (
        lambda _: ("/v1/events/acknowledge", {"after": 0}),
    ),
    **{
        ("edge", method, f"/octo/notifications{path}"): attempts
        for (method, path), attempts in _SUBSCRIPTIONS.items()
    },
    **{
        ("edge", method, f"/v1/webhook-endpoints{path}"): attempts
        for (method, path), attempts in _WEBHOOKS.items()
    },
    **{("edge", *route): attempts for route, attempts in _USERS.items()},
    **{("django", *route): attempts for route, attempts in _USERS.items()},
    ("django", "GET", "/v1/statements"): (_same("/v1/statements"),),
    ("django", "GET", "/v1/statements/{month}"): (
        lambda names: (f"/v1/statements/{names.day[:7]}", None),
    ),
}


def routes() -> set[Route]:
    """Return every route of the edge, and every one that Django serves to partners."""
    app = create_app(Settings(database_url="postgresql://unused@/nothing"))
    of_edge = {
        ("edge", method, route.path)
        for route in app.routes
        if isinstance(route, APIRoute)
        for method in route.methods or ()
    }
    of_django = {
        ("django", method, "/v1/" + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", str(pattern.pattern)))
        for pattern in urlpatterns
        for method in cast(Any, pattern.callback).view_class.scopes
    }
    return of_edge | of_django
