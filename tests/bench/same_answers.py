"""Every server gives the same answers, and a reservation leaves the same rows, or it is not run."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import psycopg

from tests.bench.cases import Request
from tests.bench.servers import EDGE, NAMES, Server, serving

#: What a server makes up itself, so that two reservations must differ in it.
MADE_UP = frozenset(
    {"id", "uuid", "supplierReference", "utcCreatedAt", "utcUpdatedAt", "utcExpiresAt"}
)

STORED = """
SELECT to_jsonb(booking) - ARRAY['id', 'uuid', 'supplier_reference', 'reservation_fingerprint',
                                 'created_at', 'updated_at', 'hold_expires_at'],
       booking.hold_expires_at - booking.created_at,
       (SELECT jsonb_agg(to_jsonb(item) - ARRAY['id', 'uuid', 'booking_id', 'supplier_reference']
                         ORDER BY position)
          FROM bookings_unititem AS item WHERE item.booking_id = booking.id),
       (SELECT jsonb_agg(jsonb_build_array(partner_id, type, data))
          FROM events_event AS event WHERE event.booking_uuid = booking.uuid),
       departure.reserved,
       (SELECT count(*) FROM idempotency_record AS record WHERE record.xmin = booking.xmin)
  FROM bookings_booking AS booking
  JOIN catalog_departure AS departure ON departure.id = booking.departure_id
 WHERE booking.uuid = %s
"""

FORGET = """
WITH gone AS (DELETE FROM bookings_booking WHERE uuid = %(uuid)s RETURNING departure_id, places),
     event AS (DELETE FROM events_event WHERE booking_uuid = %(uuid)s)
UPDATE catalog_departure SET reserved = reserved - gone.places
  FROM gone WHERE catalog_departure.id = gone.departure_id
"""


class AnswersDiffer(Exception):
    """A server answered something else than Portico's edge; the message says what and where."""


def check(
    servers: Mapping[str, Server], requests: Mapping[str, Sequence[Request]], owner_url: str
) -> int:
    """Send every server the same requests, and return how many answers were compared.

    Raises:
        AnswersDiffer: two answers, or what two reservations stored, are not the same.
    """
    compared = 0
    with psycopg.connect(owner_url, autocommit=True) as connection:
        for case, of_case in requests.items():
            for request in of_case:
                expected = _outcome(servers[EDGE], case, request, connection)
                for name in serving(case, servers):
                    found = _outcome(servers[name], case, request, connection)
                    for difference in differences(expected, found):
                        raise AnswersDiffer(
                            f"{NAMES[name]} differs from Portico's edge on {request.method} "
                            f"{request.path}: {difference}"
                        )
                    compared += 1
    return compared


def _outcome(
    server: Server, case: str, request: Request, connection: "psycopg.Connection[Any]"
) -> Any:
    """Return the answer; of a reservation also what it stored, which is then undone."""
    if case != "reserve":
        return ask(server, request)
    answer = ask(server, request)
    stored = connection.execute(STORED, [answer["uuid"]]).fetchone()
    connection.execute(
        "DELETE FROM bookings_unititem WHERE booking_id ="
        " (SELECT id FROM bookings_booking WHERE uuid = %s)",
        [answer["uuid"]],
    )
    with connection.transaction():
        # Events only grow; the owner of the tables may say otherwise, on record.
        connection.execute("SELECT history_open('bench', 'a reservation is undone')")
        connection.execute(FORGET, {"uuid": answer["uuid"]})
    return {"answer": _without_made_up(answer), "stored": stored and list(stored)}


def ask(server: Server, request: Request) -> Any:
    """Return the answer's JSON.

    Raises:
        AnswersDiffer: it is not a success.
    """
    connection = server.connect()
    try:
        headers = {**request.headers, "Content-Type": "application/json"}
        connection.request(request.method, request.path, request.content(), headers)
        answer = connection.getresponse()
        content = answer.read()
    finally:
        connection.close()
    if answer.status != 200:
        raise AnswersDiffer(
            f"{NAMES[server.name]} answers {request.method} {request.path} with {answer.status}: "
            f"{content[:300].decode(errors='replace')}"
        )
    return json.loads(content)


def differences(expected: Any, found: Any, path: str = "") -> Iterator[str]:
    """Yield where two JSON values differ; numbers and true are not the same."""
    if isinstance(expected, dict) and isinstance(found, dict):
        for key in expected.keys() | found.keys():
            if key not in expected or key not in found:
                yield f"{path}/{key} is only in {'one' if key in expected else 'the other'}"
            else:
                yield from differences(expected[key], found[key], f"{path}/{key}")
    elif isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        for position, (one, other) in enumerate(zip(expected, found, strict=True)):
            yield from differences(one, other, f"{path}/{position}")
    elif type(expected) is not type(found) or expected != found:
        yield f"{path} is {repr(expected)[:200]} and {repr(found)[:200]}"


def _without_made_up(booking: dict[str, Any]) -> dict[str, Any]:
    def strip(part: dict[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in part.items() if key not in MADE_UP}

    return strip(booking) | {"unitItems": [strip(item) for item in booking["unitItems"]]}
