"""The edge that the tests of the OCTO dialect call."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from tests.harness.committed_data import Keys
from tests.harness.databases import CommittedDatabase


@dataclass(frozen=True)
class Edge:
    """A running edge, its port and the keys that its database knows."""

    port: int
    keys: Keys
    database: CommittedDatabase
    log: Path


def everything_stored(edge: Edge) -> list[tuple[Any, ...]]:
    with psycopg.connect(edge.database.owner_url) as owner:
        return owner.execute(
            "SELECT (SELECT count(*) FROM bookings_booking),"
            "       (SELECT max(updated_at) FROM bookings_booking),"
            "       (SELECT count(*) FROM bookings_unititem),"
            "       (SELECT count(*) FROM events_event),"
            "       (SELECT sum(reserved) FROM catalog_departure)"
        ).fetchall()
