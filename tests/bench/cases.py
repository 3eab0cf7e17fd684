"""The cases: what is prepared in the demo's data, and the requests that are sent."""

import itertools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

from shared_domain.users.paging import Position

#: What the edge answers itself, from the database.
NATIVE = {
    "get": "get one booking",
    "cold": "get one booking, cold",
    "list": "list 20 bookings",
    "reserve": "reserve",
    "calendar": "calendar of 365 days",
    "slots": "availability of one day",
    "year": "availability of 365 days",
    "products": "list products",
    "product": "get one product",
    "users": "list 100 users",
}

#: Of these, what only bare ASGI answers beside the edge.
ONLY_LIMIT = frozenset({"slots", "year", "products", "product", "users"})

#: What the edge hands on to the upstream behind it: a path unlike its own endpoints', an endpoint
#: in stage django, and a path that is not registered but begins like endpoints of the edge. These
#: must all be tried before it is known to be the upstream's.
PASSED = {
    "page": "passed through: page",
    "django": "passed through: django",
    "unknown": "passed through: unknown",
}

#: What clients repeat, to the edge alone: see repeated_requests.py.
UNCHANGED, PACKED = "unchanged", "packed"
REPEATED = {
    UNCHANGED: "calendar, not modified (304)",
    PACKED: "calendar, compressed",
}

CASES = NATIVE | REPEATED | PASSED

#: The status of a good answer, where it is not 200.
EXPECTED_STATUS = {UNCHANGED: 304}

#: A case without requests: see event_log.py.
EVENTS = "events"

#: One long answer: see booking_export.py.
EXPORT = "export"

#: Deliveries to partners' servers: see webhook_delivery.py.
WEBHOOKS = "webhooks"

#: One change told to many subscribers: see notification_push.py.
NOTIFICATIONS = "notifications"

#: Reads beside writers, and one departure: see contention.py. Its requests are those of a case
#: that is not measured by itself.
CONTENTION, HOT = "contention", "hot"

#: What a process holds and how quickly it starts, and the same of deploy/up: see footprint.py.
PROCESS, UP = "process", "up"

#: What one caller asks of a server that may use nothing of what it remembers: cold_requests.py.
COLD = "cold"

#: Calls that wait for events: see event_feed.py.
FEED = "feed"

#: The cases that are no series of requests to each server in turn.
OTHERS = (CONTENTION, EVENTS, FEED, EXPORT, WEBHOOKS, NOTIFICATIONS, PROCESS, UP)

#: Every case, as the command names it.
NAMES_OF_CASES = (*CASES, *OTHERS)

#: What is measured unless cases are named: a few minutes.
DEFAULT_CASES = ("get", "list", "reserve", "calendar", "page")

#: Of each key, enough that no server answers the same request again and again.
DIFFERENT_BOOKINGS, DIFFERENT_LISTS, DIFFERENT_SLOTS = 200, 5, 100

USERS_OF_A_PARTNER, DIFFERENT_PAGES, PAGE_LENGTH = 1_000, 20, 100

LIST_LENGTH = 20

#: No slot sells out during a run, however fast the servers are.
ROOM_ENOUGH = 10_000_000


@dataclass(frozen=True, kw_only=True)
class Request:
    """A request of a partner; every server gets the same bytes but for its address."""

    method: str
    path: str
    body: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def content(self) -> bytes:
        return b"" if self.body is None else json.dumps(self.body).encode()

    def as_text(self) -> str:
        content = self.content().decode()
        headers = {"Host": "127.0.0.1", **self.headers}
        if self.body is not None:
            headers |= {"Content-Type": "application/json", "Content-Length": str(len(content))}
        lines = [f"{self.method} {self.path} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        return "\r\n".join(lines) + "\r\n\r\n" + content


def passed() -> dict[str, list[Request]]:
    """Return the requests that are the upstream's, with the headers that real callers send."""
    common = {"Accept-Encoding": "gzip, deflate, br", "Accept-Language": "pt-PT, en;q=0.8"}
    browser = {
        "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
        "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
        "Cookie": f"sessionid={'s' * 32}; csrftoken={'c' * 32}",
    }
    partner = {
        "User-Agent": "partner/1.0",
        "Accept": "application/json",
        "Authorization": f"Bearer pk_live_{'0' * 30}",
    }
    return {
        "page": [Request(method="GET", path="/shop/tours/tram-28", headers=common | browser)],
        "django": [Request(method="GET", path="/v1/statements", headers=common | partner)],
        "unknown": [Request(method="GET", path="/v1/tours/tram-28", headers=common | partner)],
    }


def prepare(owner_url: str, api_keys: Sequence[str]) -> dict[str, list[Request]]:
    """Mark bookings for the lists and make room in some slots; return each case's requests.

    The partners whose keys these are take turns.
    """
    with psycopg.connect(owner_url) as connection:
        # As where Django's views are gone: the upstream of the bench could not be compared with.
        connection.execute(
            "UPDATE endpoints_endpoint SET stage = 'edge', is_on_site = false"
            " WHERE path_template LIKE '/v1/users%'"
        )
        of_keys = [_requests_with(connection, key) for key in api_keys]
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
    requests = {case: _in_turns([of_key[case] for of_key in of_keys]) for case in of_keys[0]}
    # One departure, not one of each partner's.
    return requests | {HOT: of_keys[0][HOT]}


def _requests_with(connection: "psycopg.Connection[Any]", api_key: str) -> dict[str, list[Request]]:
    partner_id = _partner_of(connection, api_key)
    headers = {"Authorization": f"Bearer {api_key}", "Octo-Capabilities": "octo/pricing"}

    def get(path: str) -> Request:
        return Request(method="GET", path=path, headers=headers)

    def post(path: str, body: Mapping[str, Any]) -> Request:
        return Request(method="POST", path=path, body=body, headers=headers)

    uuids = _some_bookings(connection, partner_id)
    references = _lists_of_twenty(connection, uuids)
    reservations, calendars = (
        _reservations(connection, partner_id),
        _calendars(connection, partner_id),
    )
    return {
        "get": [get(f"/octo/bookings/{uuid}") for uuid in uuids],
        COLD: [get(f"/octo/bookings/{uuid}") for uuid in uuids],
        "list": [get(f"/octo/bookings?resellerReference={text}") for text in references],
        "reserve": [post("/octo/bookings", reservation) for reservation in reservations],
        HOT: [post("/octo/bookings", reservations[0])],
        "calendar": [post("/octo/availability/calendar", question) for question in calendars],
        "slots": [
            post(
                "/octo/availability",
                {
                    "productId": wish["productId"],
                    "optionId": wish["optionId"],
                    "localDate": wish["availabilityId"][: len("2026-01-01")],
                },
            )
            for wish in reservations
        ],
        "year": [post("/octo/availability", question) for question in calendars],
        "products": [get("/octo/products")],
        "product": [get(f"/octo/products/{calendar['productId']}") for calendar in calendars],
        "users": [
            Request(
                method="GET",
                path=f"/v1/users?limit={PAGE_LENGTH}&cursor={cursor}",
                headers={"Authorization": f"Bearer {api_key}"},
            )
            for cursor in _pages_of_users(connection, partner_id)
        ],
    }


def _in_turns(of_keys: Sequence[Sequence[Request]]) -> list[Request]:
    return [
        request
        for together in itertools.zip_longest(*of_keys)
        for request in together
        if request is not None
    ]


def _partner_of(connection: "psycopg.Connection[Any]", api_key: str) -> int:
    partner_id: int = _one(
        connection,
        "SELECT partner_id FROM partners_apikey WHERE digest = sha256(%s::text::bytea)",
        [api_key],
    )
    return partner_id


def _some_bookings(connection: "psycopg.Connection[Any]", partner_id: int) -> list[str]:
    """In all states and of all products, in no order; the same ones for the same data.

    Bookings of tests are left out: the key that asks is a live one.
    """
    found = connection.execute(
        "SELECT uuid::text FROM bookings_booking WHERE partner_id = %s AND NOT test_mode"
        " ORDER BY md5(id::text) LIMIT %s",
        [partner_id, max(DIFFERENT_BOOKINGS, DIFFERENT_LISTS * LIST_LENGTH)],
    ).fetchall()
    return [uuid for (uuid,) in found]


def _lists_of_twenty(connection: "psycopg.Connection[Any]", uuids: Sequence[str]) -> list[str]:
    references = []
    for number in range(min(DIFFERENT_LISTS, len(uuids) // LIST_LENGTH)):
        references.append(f"BENCH-{number:04}")
        connection.execute(
            "UPDATE bookings_booking SET reseller_reference = %s WHERE uuid = ANY(%s::uuid[])",
            [references[-1], list(uuids[number * LIST_LENGTH : (number + 1) * LIST_LENGTH])],
        )
    return references


def _pages_of_users(connection: "psycopg.Connection[Any]", partner_id: int) -> list[str]:
    """Add users of the partner, and return the cursors of full pages."""
    connection.execute(
        "INSERT INTO users_user (id, partner_id, test_mode, email, email_key, age, created_at,"
        "                        updated_at)"
        " SELECT gen_random_uuid(), %(partner_id)s, false, email, email, 18 + number %% 70,"
        "        now() - number * interval '1 hour', now() - number * interval '1 hour'"
        "   FROM generate_series(1, %(most)s) AS number,"
        "        LATERAL (SELECT 'bench' || number || '@example.com' AS email) AS address"
        "     ON CONFLICT DO NOTHING",
        {"partner_id": partner_id, "most": USERS_OF_A_PARTNER},
    )
    found = connection.execute(
        "SELECT created_at, id FROM users_user WHERE partner_id = %s AND NOT test_mode"
        " ORDER BY created_at DESC, id DESC LIMIT %s",
        [partner_id, USERS_OF_A_PARTNER // 2],
    ).fetchall()
    return [
        Position(created_at, user_id).as_cursor()
        for created_at, user_id in found[:: len(found) // DIFFERENT_PAGES]
    ]


def _calendars(connection: "psycopg.Connection[Any]", partner_id: int) -> list[dict[str, Any]]:
    """A year from tomorrow on, of every option that the partner sells."""
    first = datetime.now(UTC).date() + timedelta(days=1)
    found = connection.execute(
        "SELECT product.code, option.code FROM catalog_option AS option"
        "  JOIN catalog_product AS product ON product.id = option.product_id"
        "  JOIN catalog_partnerterms AS terms ON terms.product_id = product.id"
        " WHERE terms.partner_id = %s AND product.is_active"
        # The peers know no boats that departures share.
        "   AND NOT EXISTS (SELECT FROM catalog_departure AS departure"
        "        WHERE departure.option_id = option.id AND departure.has_resources)"
        " ORDER BY option.id",
        [partner_id],
    ).fetchall()
    return [
        {
            "productId": product,
            "optionId": option,
            "localDateStart": first.isoformat(),
            "localDateEnd": (first + timedelta(days=364)).isoformat(),
        }
        for product, option in found
    ]


def _reservations(connection: "psycopg.Connection[Any]", partner_id: int) -> list[dict[str, Any]]:
    """Two adults (or what the product calls them) in each of many slots, which get room enough."""
    found = connection.execute(
        "SELECT departure.id, product.code, option.code, departure.availability_id, unit.code,"
        "       greatest(2, option.min_units, coalesce(unit.min_quantity, 1))"
        "  FROM catalog_departure AS departure"
        "  JOIN catalog_option AS option ON option.id = departure.option_id"
        "  JOIN catalog_product AS product ON product.id = option.product_id"
        "  JOIN catalog_partnerterms AS terms ON terms.product_id = product.id"
        " CROSS JOIN LATERAL (SELECT code, min_quantity FROM catalog_unit"
        "        WHERE option_id = option.id AND accompanied_by = '{}'"
        "          AND coalesce(max_quantity, 2) >= 2 ORDER BY position, id LIMIT 1) AS unit"
        " WHERE terms.partner_id = %s AND product.is_active AND departure.is_open"
        "   AND NOT departure.has_resources"
        "   AND coalesce(option.max_units, 2) >= 2 AND coalesce(departure.max_units, 2) >= 2"
        "   AND departure.capacity IS NOT NULL"
        "   AND departure.booking_cutoff_at > now() + interval '1 day'"
        "   AND (product.pricing_per = 'BOOKING' OR EXISTS (SELECT FROM catalog_price AS price"
        "        WHERE price.option_id = option.id AND price.season_start IS NULL"
        "          AND price.currency = product.default_currency))"
        " ORDER BY md5(departure.id::text) LIMIT %s",
        [partner_id, DIFFERENT_SLOTS],
    ).fetchall()
    connection.execute(
        # Copies of bookings are counted here: a hold of them may run out during a long run.
        "UPDATE catalog_departure AS departure SET capacity = %s, reserved = ("
        "       SELECT coalesce(sum(places), 0) FROM bookings_booking"
        "        WHERE departure_id = departure.id AND NOT test_mode"
        "          AND status IN ('ON_HOLD', 'PENDING', 'CONFIRMED', 'REDEEMED'))"
        " WHERE id = ANY(%s)",
        [ROOM_ENOUGH, [departure_id for departure_id, *_ in found]],
    )
    return [
        {
            "productId": product,
            "optionId": option,
            "availabilityId": availability,
            "unitItems": [{"unitId": unit}] * quantity,
            "resellerReference": f"TRV-{number:04}",
            "contact": {
                "firstName": "Clara",
                "lastName": "Duarte",
                "emailAddress": "clara.duarte@example.com",
                "country": "PT",
                "locales": ["pt-PT", "en"],
            },
        }
        for number, (_, product, option, availability, unit, quantity) in enumerate(found)
    ]


def _one(connection: "psycopg.Connection[Any]", question: str, values: Sequence[Any]) -> Any:
    row = connection.execute(question, values).fetchone()
    if row is None:
        raise LookupError(f"the data has no answer to: {question}")
    return row[0]
