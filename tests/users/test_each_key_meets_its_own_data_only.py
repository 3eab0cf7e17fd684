"""On every route, what belongs to another partner or to the other mode is as if it did not exist.

``routes`` lists what is tried on each route; a route that is not in its list fails.
"""

import http.client
import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from random import sample
from statistics import quantiles
from typing import Any
from uuid import uuid4

import pytest

from tests.harness.clients import OctoClient, slot_on
from tests.harness.waiting import ANSWER_SECONDS
from tests.users.routes import ATTEMPTS, Attempt, Names, Route, routes
from tests.users.stack import Stack

#: What differs from one answer to the next: ids, references, moments, addresses.
OF_ONE_ANSWER = re.compile(
    r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
    r"|PT-[0-9A-Z]{10}|guest-\d+@example\.com"
    r"|\d{4}-\d\d(-\d\d(T[\d:.]+(Z|[+-]\d\d:\d\d))?)?"
)

VICTIM_ROWS = """
SELECT (SELECT string_agg(row::text, ' ' ORDER BY id) FROM bookings_booking AS row
         WHERE partner_id = %(partner)s AND test_mode = %(test_mode)s),
       (SELECT string_agg(row::text, ' ' ORDER BY row.id)
          FROM bookings_unititem AS row JOIN bookings_booking AS b ON b.id = row.booking_id
         WHERE b.partner_id = %(partner)s AND b.test_mode = %(test_mode)s),
       (SELECT string_agg(row::text, ' ' ORDER BY id) FROM users_user AS row
         WHERE partner_id = %(partner)s AND test_mode = %(test_mode)s),
       (SELECT string_agg(row::text, ' ' ORDER BY id) FROM webhooks_endpoint AS row
         WHERE partner_id = %(partner)s AND test_mode = %(test_mode)s),
       (SELECT string_agg(row::text, ' ' ORDER BY row.id)
          FROM webhooks_delivery AS row JOIN webhooks_endpoint AS e ON e.id = row.endpoint_id
         WHERE e.partner_id = %(partner)s AND e.test_mode = %(test_mode)s),
       (SELECT string_agg(row::text, ' ' ORDER BY id) FROM notifications_subscription AS row
         WHERE partner_id = %(partner)s AND test_mode = %(test_mode)s),
       (SELECT count(*) FROM events_event
         WHERE partner_id = %(partner)s AND test_mode = %(test_mode)s)
"""

A_WEBHOOK = """
WITH made AS (
     INSERT INTO webhooks_endpoint
            (id, partner_id, test_mode, url, description, types, secret_number, secret_key_id,
             created_at, updated_at)
     SELECT %(id)s::uuid, id, %(test_mode)s, 'https://hooks.example/', 'orders', '{}', 1,
            'key', now(), now()
       FROM partners_partner WHERE code = 'alpine'
     RETURNING id),
queued AS (
     INSERT INTO webhooks_queue (endpoint_id, position) SELECT id, 0 FROM made)
INSERT INTO webhooks_delivery (endpoint_id, message_id, type, subject, state, created_at)
SELECT id, 'evt_secret', 'booking.confirmed', 'orders', 'waiting', now() FROM made
"""


A_SUBSCRIPTION = """
WITH made AS (
     INSERT INTO notifications_subscription
            (id, partner_id, test_mode, url, notification_types, created_at, updated_at)
     SELECT %(id)s::uuid, id, %(test_mode)s, 'https://octo.example/', '{PRODUCT_UPDATE}',
            now(), now()
       FROM partners_partner WHERE code = 'alpine'
     RETURNING id)
INSERT INTO notifications_queue (subscription_id, begins_after) SELECT id, 0 FROM made
"""


@dataclass(frozen=True)
class Caller:
    """A partner's client of both halves."""

    stack: Stack
    key: str
    environment: str | None = None

    def send(self, route: Route, path: str, body: Any) -> tuple[int, list[str], str]:
        """Return the status, the names of the headers, and the text of the answer."""
        half, method, _ = route
        port = getattr(self.stack.halves, half).port
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER_SECONDS)
        headers = {"Authorization": f"Bearer {self.key}"}
        if self.environment is not None:
            headers["Octo-Env"] = self.environment
        if body is not None:
            headers["Content-Type"] = "application/json"
        try:
            connection.request(method, path, body and json.dumps(body), headers)
            response = connection.getresponse()
            text = response.read().decode()
            return response.status, sorted(map(str.lower, response.headers.keys())), text
        finally:
            connection.close()


@dataclass(frozen=True)
class Victim:
    """Whose data are tried, by the names under which they are known."""

    partner: str
    test_mode: bool
    names: Names

    def rows(self, stack: Stack) -> object:
        (partner,) = stack.rows.execute(
            "SELECT id FROM partners_partner WHERE code = %s", [self.partner]
        ).fetchone() or (None,)
        stored = {"partner": partner, "test_mode": self.test_mode}
        return stack.rows.execute(VICTIM_ROWS, stored).fetchone()


# Live and test travel in months of their own, so that a month tells them apart.
_days = {"live": count(100, 2), "test": count(250, 2)}

#: What is made there under another's name is the caller's own, and there to stay.
CREATING = {("POST", "/octo/bookings"), ("POST", "/v1/users")}


@pytest.fixture(scope="module")
def victims(stack: Stack) -> dict[str, Victim]:
    return {mode: a_victim(stack, mode) for mode in ("live", "test")}


def a_victim(stack: Stack, mode: str) -> Victim:
    key: str = getattr(stack.keys, mode)
    day = (datetime.now(UTC) + timedelta(days=next(_days[mode]))).date().isoformat()
    reference = str(uuid4())
    booking = OctoClient(stack.halves.edge.port, key).confirmed(
        slot_on(day), resellerReference=reference, notes="A secret of the guest's"
    )
    half = stack.halves.edge.with_key(key)
    user = half.created()
    half.created()
    endpoint = str(uuid4())
    stack.rows.execute(A_WEBHOOK, {"id": endpoint, "test_mode": mode == "test"})
    subscription = str(uuid4())
    stack.rows.execute(A_SUBSCRIPTION, {"id": subscription, "test_mode": mode == "test"})
    names = Names(
        booking=booking["uuid"],
        user=user["id"],
        cursor=half.get("/v1/users?limit=1").body["nextCursor"],
        email=user["email"],
        reseller_reference=reference,
        supplier_reference=booking["supplierReference"],
        product="city-museum",
        slot=slot_on(day),
        webhook_endpoint=endpoint,
        webhook_delivery="evt_secret",
        subscription=subscription,
    )
    return Victim("alpine", mode == "test", names)


#: Who tries whose data.
PAIRS: dict[str, tuple[Callable[[Stack], Caller], str]] = {
    "a test key tries live data": (lambda stack: Caller(stack, stack.keys.test), "live"),
    "Octo-Env test tries live data": (lambda stack: Caller(stack, stack.keys.live, "test"), "live"),
    "a live key tries data of tests": (lambda stack: Caller(stack, stack.keys.live), "test"),
    "another partner tries live data": (lambda stack: Caller(stack, stack.keys.rival), "live"),
    "another partner tries data of tests": (
        lambda stack: Caller(stack, stack.keys.rival, "test"),
        "test",
    ),
}


def test_every_route_is_tried() -> None:
    assert set(ATTEMPTS) == routes()


@pytest.mark.parametrize("route", [route for route, tried in ATTEMPTS.items() if tried], ids=str)
@pytest.mark.parametrize(
    "pair",
    [
        "a test key tries live data",
        "a live key tries data of tests",
        "another partner tries live data",
        pytest.param("Octo-Env test tries live data", marks=pytest.mark.long),
        pytest.param("another partner tries data of tests", marks=pytest.mark.long),
    ],
)
def test_what_is_anothers_does_not_exist(
    stack: Stack, victims: dict[str, Victim], route: Route, pair: str
) -> None:
    make_caller, mode = PAIRS[pair]
    caller = make_caller(stack)
    victim = a_victim(stack, mode) if route[1:] in CREATING else victims[mode]
    before = victim.rows(stack)

    for attempt in ATTEMPTS[route]:
        theirs, missing_ones = _names(victim, is_same_partner="partner" not in pair)
        at_theirs = _tried(caller, route, attempt, theirs)
        at_missing_ones = _tried(caller, route, attempt, missing_ones)

        assert at_theirs == at_missing_ones
        assert "secret" not in at_theirs[2]
        assert at_theirs[0] < 500
    assert victim.rows(stack) == before


@pytest.mark.long
@pytest.mark.parametrize(
    "route",
    [
        route
        for route, tried in ATTEMPTS.items()
        # What is created each time takes longer with each.
        if tried and route[1:] not in CREATING
    ],
    ids=str,
)
def test_what_is_anothers_takes_as_long_as_what_does_not_exist(
    stack: Stack, victims: dict[str, Victim], route: Route
) -> None:
    caller = Caller(stack, stack.keys.rival)
    attempt, *_ = ATTEMPTS[route]
    theirs, missing_ones = _names(victims["live"], is_same_partner=False)
    taken: dict[bool, list[float]] = {True: [], False: []}
    statuses: set[int] = set()

    for _ in range(1500):
        # In turns by chance: in strict turns each would get connections of its own from the pool.
        for is_theirs in sample([True, False], 2):
            began = time.perf_counter()
            status, *_ = caller.send(route, *attempt(theirs if is_theirs else missing_ones))
            taken[is_theirs].append(time.perf_counter() - began)
            statuses.add(status)

    assert len(statuses) == 1
    # The fastest tenth: what else the machine does only ever adds to a time.
    of_theirs, of_missing_ones = (
        quantiles(taken[is_theirs], n=10)[0] for is_theirs in (True, False)
    )
    ratio = of_theirs / of_missing_ones
    print(f"{route}: {1000 * of_theirs:.3f} ms, ratio {ratio:.3f}")
    assert 0.95 < ratio < 1.05


def _names(victim: Victim, *, is_same_partner: bool) -> tuple[Names, Names]:
    """Return what the victim has and what does not exist.

    Both modes of a partner sell the same products, so there the slot is what is tried.
    """
    theirs = victim.names
    other_day = (datetime.fromisoformat(theirs.slot) + timedelta(days=400)).date()
    if is_same_partner:
        # In the same season, and never sold.
        other_day = (datetime.fromisoformat(theirs.slot) + timedelta(days=1)).date()
        theirs = replace(theirs, product="river-kayak")
    product = theirs.product if is_same_partner else "cozy-museum"
    slot = slot_on(other_day.isoformat()) if is_same_partner else theirs.slot
    return theirs, theirs.unknown(slot=slot, product=product)


def _tried(
    caller: Caller, route: Route, attempt: Attempt, names: Names
) -> tuple[int, list[str], str]:
    """Return what is answered, without what differs from answer to answer."""
    status, headers, text = caller.send(route, *attempt(names))
    # A list names no one's but the caller's.
    assert names.webhook_endpoint not in text
    assert names.subscription not in text
    text = text.replace(names.product, "…")
    return status, headers, re.sub(r'"vacancies":\d+', "", OF_ONE_ANSWER.sub("…", text))
