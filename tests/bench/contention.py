"""The case ``contention``: reads beside many that write, and one departure that all want.

First 16 callers get bookings while 64 others reserve, then while 200 reserve one departure; then 64
reserve that departure and nothing else is asked, at last until it is sold out.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import psycopg

from tests.bench.cases import HOT, ROOM_ENOUGH, Request
from tests.bench.contention_figures import Contention, Reads
from tests.bench.generator import LoadGenerator
from tests.bench.measured import percentile_ms
from tests.bench.servers import Server

WRITERS, WRITERS_OF_ONE_DEPARTURE = 64, 200

#: How many places are left when the departure is to be sold out.
LAST_PLACES = 100

WARM_UP_SECONDS = 0.5

_SOLD = """
SELECT departure.capacity, departure.reserved,
       (SELECT coalesce(sum(places), 0)::int FROM bookings_booking
         WHERE departure_id = departure.id AND NOT test_mode
           AND status IN ('ON_HOLD', 'PENDING', 'CONFIRMED', 'REDEEMED'))
  FROM catalog_departure AS departure
 WHERE departure.availability_id = %(availabilityId)s
   AND departure.option_id = (
       SELECT option.id FROM catalog_option AS option
         JOIN catalog_product AS product ON product.id = option.product_id
        WHERE product.code = %(productId)s AND option.code = %(optionId)s)
"""

_SET_CAPACITY = """
UPDATE catalog_departure SET capacity = %(capacity)s
 WHERE availability_id = %(availabilityId)s
   AND option_id = (
       SELECT option.id FROM catalog_option AS option
         JOIN catalog_product AS product ON product.id = option.product_id
        WHERE product.code = %(productId)s AND option.code = %(optionId)s)
"""


def measure(
    server: Server,
    generator: LoadGenerator,
    requests: Mapping[str, Sequence[Request]],
    owner_url: str,
    *,
    seconds: float,
) -> Contention:
    """Measure one server; its hot departure is sold out afterwards."""
    departure = dict(requests[HOT][0].body or {})
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute(_SET_CAPACITY, {**departure, "capacity": ROOM_ENOUGH})
        # One partner asks, which could not hold all of a departure otherwise.
        connection.execute("UPDATE partners_partner SET max_held_percent = 100")
        generator.run(server, "get", WARM_UP_SECONDS)
        run = partial(generator.run, server, seconds=seconds, may_be_refused=True)
        spread = run("get", beside=("reserve", WRITERS))
        on_one = run("get", beside=(HOT, WRITERS_OF_ONE_DEPARTURE))
        alone = run(HOT, callers=WRITERS)
        _, reserved, sold = _sold(connection, departure)
        miscounted = abs(sold - reserved)
        connection.execute(_SET_CAPACITY, {**departure, "capacity": reserved + LAST_PLACES})
        run(HOT, callers=WRITERS)
        capacity, reserved, sold = _sold(connection, departure)
    return Contention(
        server=server.name,
        beside_writers=_reads(spread, WRITERS),
        beside_one_departure=_reads(on_one, WRITERS_OF_ONE_DEPARTURE),
        reservations_per_second=(len(alone["latencies_us"]) - sum(alone["refused"].values()))
        / alone["seconds"],
        oversold=max(0, sold - capacity) + max(miscounted, abs(sold - reserved)),
        places_left=capacity - reserved,
    )


def _sold(
    connection: "psycopg.Connection[Any]", departure: Mapping[str, Any]
) -> tuple[int, int, int]:
    """Return capacity, the places that the departure counts, and those of its bookings."""
    row = connection.execute(_SOLD, departure).fetchone()
    if row is None:
        raise LookupError("the hot departure is gone")
    capacity, reserved, sold = row
    return capacity, reserved, sold


def _reads(turn: Mapping[str, Any], writers: int) -> Reads:
    latencies, refused_beside = turn["latencies_us"], sum(turn["refused_beside"].values())
    return Reads(
        writers=writers,
        reads_per_second=len(latencies) / turn["seconds"],
        refused=sum(turn["refused"].values()),
        writes_per_second=(turn["requests_beside"] - refused_beside) / turn["seconds"],
        p50_ms=percentile_ms(latencies, 50),
        p99_ms=percentile_ms(latencies, 99),
    )
