"""An edge on committed data, a log that tests write to, and callers of the feed."""

import itertools
import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from shared_domain import partners
from tests.harness.clients import Answer, request_once
from tests.harness.committed_data import Keys, populate
from tests.harness.databases import CommittedDatabase
from tests.harness.servers import running_edge

GIVE = "SELECT given FROM events_give_positions(100000, 0)"

_partners = itertools.count()


@dataclass(frozen=True)
class Feed:
    """The edge, the keys of ``populate``, and the log."""

    port: int
    keys: Keys
    database: CommittedDatabase
    owner: "psycopg.Connection[Any]"
    #: The end of the log when the edge was there.
    begin: int

    def ask(self, query: str = "", *, key: str | None = None, port: int = 0) -> Answer:
        """Ask for events, by the partner's live key if no other is given."""
        path = f"/v1/events?{query}" if query else "/v1/events"
        return request_once(port or self.port, "GET", path, key=key or self.keys.live)

    def acknowledge(self, body: object, *, key: str | None = None) -> Answer:
        path = "/v1/events/acknowledge"
        return request_once(self.port, "POST", path, body, key=key or self.keys.live)

    def end(self) -> int:
        ((position,),) = self.owner.execute("SELECT last_position FROM events_log").fetchall()
        return int(position)

    def tell(
        self, kind: str, *, partner: str | None = "alpine", count: int = 1, test_mode: bool = False
    ) -> list[str]:
        """Write events, of bookings if of one partner, else of a product; return their subjects."""
        uuids = [str(uuid4()) for _ in range(count)]
        if partner is not None:
            self.owner.execute(
                "INSERT INTO events_event (partner_id, test_mode, type, booking_uuid, data)"
                ' SELECT partner.id, %s, %s, uuid, \'{"status": "CONFIRMED"}\''
                "   FROM partners_partner AS partner, unnest(%s::uuid[]) AS uuid"
                "  WHERE partner.code = %s",
                [test_mode, kind, uuids, partner],
            )
        else:
            self.owner.execute(
                "INSERT INTO events_event (type, product_id, data)"
                " SELECT %s, id, jsonb_build_object('productId', code)"
                "   FROM catalog_product WHERE code = 'river-kayak'",
                [kind],
            )
        self.give_positions()
        return uuids

    def give_positions(self) -> None:
        with psycopg.connect(self.database.django_url, autocommit=True) as django:
            django.execute(GIVE)

    def add_partner(self, *, sells_kayak: bool = True) -> tuple[str, str]:
        """Return the code of a new partner and its key, which may read everything."""
        secret, code = partners.new_secret(is_test=False), f"reader-{next(_partners)}"
        self.owner.execute(
            "WITH partner AS ("
            "  INSERT INTO partners_partner"
            "         (code, name, email, is_active, max_hold_minutes, created_at)"
            "  VALUES (%(code)s, 'Reader', 'it@reader.example', true, 60, now()) RETURNING id),"
            "terms AS ("
            "  INSERT INTO catalog_partnerterms (partner_id, product_id, commission_basis_points)"
            "  SELECT partner.id, product.id, 1000 FROM partner, catalog_product AS product"
            "   WHERE %(sells)s AND product.code = 'river-kayak')"
            "INSERT INTO partners_apikey"
            "       (partner_id, label, prefix, digest, is_test, scopes, created_at)"
            "SELECT id, 'feed', %(prefix)s, %(digest)s, false, %(scopes)s, now()"
            "  FROM partner",
            {
                "code": code,
                "sells": sells_kayak,
                "scopes": ["bookings:read", "catalog:read"],
                "prefix": partners.key_prefix(secret),
                "digest": partners.key_digest(secret),
            },
        )
        self.give_positions()
        return code, secret


def types_of(answer: Answer) -> list[str]:
    assert answer.status == 200, answer.text
    return [event["type"] for event in answer.body["events"]]


def uuids_of(answer: Answer) -> list[str]:
    return [event["data"]["bookingUuid"] for event in json.loads(answer.text)["events"]]


@pytest.fixture(scope="session")
def feed(
    make_committed_database: Callable[[], AbstractContextManager[CommittedDatabase]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Feed]:
    log = tmp_path_factory.mktemp("feed") / "edge.log"
    with make_committed_database() as database:
        keys = populate(database.owner_url)
        limits: dict[str, Any] = {
            "PORTICO_ADDRESS_CALLS_PER_SECOND": "0",
            "PORTICO_KEY_CALLS_PER_SECOND": "0",
            "PORTICO_MOST_CONNECTIONS_OF_ADDRESS": "3000",
            "PORTICO_EDGE_POOL_SIZE": "2",
            "PORTICO_EDGE_READ_POOL_SIZE": "2",
            # Callers of the feed take turns, and do not wait for a connection.
            "PORTICO_EDGE_MOST_WAITING": "12",
        }
        with (
            running_edge("", log, database=database, **limits) as edge,
            psycopg.connect(database.owner_url, autocommit=True) as owner,
        ):
            feed = Feed(edge.port, keys, database, owner, 0)
            feed.give_positions()
            yield Feed(edge.port, keys, database, owner, feed.end())
