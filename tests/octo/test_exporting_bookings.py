"""A partner's bookings are exported as one stream of any size, from one snapshot, resumable."""

import asyncio
import csv
import io
import json
import socket
from collections.abc import AsyncGenerator, AsyncIterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from starlette.requests import Request
from starlette.types import Message

from api_edge.postgresql.database import PsycopgDatabase, connection_arguments
from api_edge.postgresql.pool import Connection
from api_edge.v1.booking_export.endpoint import _while_permitted
from api_edge.v1.booking_export.lines import CsvLines, Lines, NdjsonLines
from api_edge.v1.booking_export.schemas import EXAMPLE_END, EXAMPLE_ROW
from api_edge.v1.booking_export.stream import ExportResponse, export_chunks
from shared_domain import partners
from shared_domain.booking_export import ExportedBooking
from shared_domain.booking_export.sql_store import SqlExportStore
from shared_domain.bookings import BookingStatus, Contact
from shared_domain.partners import Access, ApiKey, KeyRevoked, PartnerId
from tests.harness.clients import CLARA, Answer, OctoClient, request
from tests.harness.waiting import eventually
from tests.octo.edge import Edge
from tests.octo.test_a_booking_names_a_user import a_user

EXPORT = "/v1/bookings/export"

#: Sessions of the edge that open an export's cursor.
READING = """
SELECT count(*) FROM pg_stat_activity
 WHERE datname = current_database() AND application_name = 'portico-edge'
   AND query LIKE '%CURSOR FOR%' AND state = 'active'
"""

IN_A_TRANSACTION = """
SELECT count(*) FROM pg_stat_activity
 WHERE datname = current_database() AND application_name = 'portico-edge'
   AND state LIKE '%transaction%'
"""


@pytest.fixture
def reference() -> str:
    """A reference of this test's own, by which it finds its bookings."""
    return f"EXP-{uuid4().hex[:12]}"


def ask(partner: OctoClient, query: str = "", **headers: str) -> Answer:
    return request(partner.connection, "GET", f"{EXPORT}{query}", key=partner.key, headers=headers)


def lines_of(answer: Answer) -> list[dict[str, Any]]:
    assert answer.status == 200, answer.text
    return [json.loads(line) for line in answer.text.splitlines()]


def count_sessions(edge: Edge, statement: str) -> int:
    with psycopg.connect(edge.database.owner_url) as owner:
        return int(owner.execute(statement).fetchall()[0][0])


def test_each_line_is_a_booking_and_the_last_says_that_it_is_complete(
    partner: OctoClient, edge: Edge, reference: str
) -> None:
    user = a_user(edge)
    held = partner.reserved(resellerReference=reference, userId=user)
    confirmed = partner.reserved(resellerReference=reference)
    partner.post(f"/octo/bookings/{confirmed['uuid']}/confirm", {"contact": CLARA})

    answer = ask(partner, f"?resellerReference={reference}")

    first, second, end = lines_of(answer)
    assert answer.headers["Content-Type"] == "application/x-ndjson"
    assert [list(first), list(end)] == [list(EXAMPLE_ROW), list(EXAMPLE_END)]
    assert [first["uuid"], second["uuid"]] == [held["uuid"], confirmed["uuid"]]
    assert [first["status"], second["status"]] == ["ON_HOLD", "CONFIRMED"]
    assert first["utcExpiresAt"] == held["utcExpiresAt"]
    assert second["unitIds"] == ["adult", "adult"]
    assert [first["userId"], second["userId"]] == [user, None]
    assert second["fullName"] == "Clara Duarte"
    assert (second["retail"], second["currency"]) == (9000, "EUR")
    assert end == {"end": True, "bookings": 2, "isComplete": True, "after": None}


def test_it_goes_on_behind_the_last_booking_that_arrived(
    partner: OctoClient, rival: OctoClient, reference: str
) -> None:
    first, second = (partner.reserved(resellerReference=reference) for _ in range(2))

    rest = ask(partner, f"?resellerReference={reference}&after={first['uuid']}")
    strange = ask(rival, f"?after={first['uuid']}")

    assert [line.get("uuid") for line in lines_of(rest)] == [second["uuid"], None]
    assert (strange.status, strange.body["field"]) == (422, "after")


def test_csv_is_made_for_spreadsheets(partner: OctoClient, reference: str) -> None:
    partner.reserved(resellerReference=reference, notes="=1+1")

    answer = ask(partner, f"?resellerReference={reference}", Accept="text/csv")

    titles, row, end = csv.reader(io.StringIO(answer.text.removeprefix("\ufeff")))
    booking = dict(zip(titles, row, strict=True))
    assert titles == list(EXAMPLE_ROW)
    assert (booking["notes"], booking["unitIds"]) == ("'=1+1", "adult adult")
    assert (booking["testMode"], booking["retail"]) == ("false", "9000")
    assert end == ["# 1 bookings, complete"]


@pytest.mark.parametrize(
    ("accepted", "kind"),
    [
        ("text/csv, application/x-ndjson;q=0.5", "text/csv; charset=utf-8"),
        ("application/x-ndjson;q=0.5, text/csv; q=0.9", "text/csv; charset=utf-8"),
        ("TEXT/CSV;charset=utf-8, */*", "text/csv; charset=utf-8"),
        ("text/csv;charset=utf-8;q=0", "application/x-ndjson"),
        ("text/csv;q=0.5, application/x-ndjson", "application/x-ndjson"),
        ("text/csv, application/x-ndjson", "application/x-ndjson"),
        ("text/html", "application/x-ndjson"),
    ],
)
def test_the_format_is_the_one_that_is_preferred(
    partner: OctoClient, accepted: str, kind: str
) -> None:
    assert ask(partner, "?productId=none", Accept=accepted).headers["Content-Type"] == kind


def test_it_is_compressed_where_the_caller_takes_that(partner: OctoClient) -> None:
    answer = ask(partner, "?productId=none", **{"Accept-Encoding": "br, gzip;q=0.5"})

    assert answer.headers["Content-Encoding"] == "gzip"
    assert lines_of(answer)[-1]["bookings"] == 0


def test_head_reads_no_more_than_the_first_part() -> None:
    made: list[bytes] = []

    async def chunks() -> AsyncGenerator[bytes, None]:
        for chunk in (b"first", b"second"):
            made.append(chunk)
            yield chunk

    async def receive() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    async def answer() -> list[Message]:
        sent: list[Message] = []

        async def send(message: Message) -> None:
            sent.append(message)

        response = ExportResponse(chunks(), media_type="application/x-ndjson", headers={})
        await response({"type": "http", "state": {"is_head": True}}, receive, send)
        return sent

    begin, end = asyncio.run(answer())

    assert (begin["status"], end) == (
        200,
        {"type": "http.response.body", "body": b"", "more_body": False},
    )
    assert made == [b"first"]


def test_head_is_answered_as_get_without_its_lines(partner: OctoClient) -> None:
    answer = request(partner.connection, "HEAD", f"{EXPORT}?format=csv", key=partner.key)

    assert (answer.status, answer.text) == (200, "")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="bookings.csv"'
    assert lines_of(ask(partner, "?productId=none"))[-1]["isComplete"]


def test_filters_worlds_and_partners_are_kept_apart(
    partner: OctoClient, testing_partner: OctoClient, rival: OctoClient, reference: str
) -> None:
    live = partner.reserved(resellerReference=reference)
    tested = testing_partner.reserved(resellerReference=reference)
    day = live["availabilityId"][:10]

    def found(client: OctoClient, query: str = "") -> list[str]:
        answer = ask(client, f"?resellerReference={reference}{query}")
        return [line["uuid"] for line in lines_of(answer)[:-1]]

    assert found(partner) == [live["uuid"]]
    assert found(testing_partner) == [tested["uuid"]]
    assert found(rival) == []
    assert found(partner, f"&localDate={day}&productId=river-kayak&optionId=DEFAULT") == [
        live["uuid"]
    ]
    assert found(partner, "&localDateStart=2001-01-01&localDateEnd=2001-01-31") == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("?colour=red", "colour"),
        ("?format=pdf", "format"),
        ("?after=1", "after"),
        ("?localDateStart=2026-07-01", "localDateEnd"),
        ("?localDateEnd=2026-07-01", "localDateStart"),
    ],
)
def test_it_says_what_is_wrong(partner: OctoClient, query: str, field: str) -> None:
    answer = ask(partner, query)

    assert (answer.status, answer.body["field"]) == (422, field)


def test_a_stranger_gets_nothing(stranger: OctoClient) -> None:
    assert ask(stranger).status == 401


def test_it_stops_its_query_when_the_caller_hangs_up(edge: Edge, partner: OctoClient) -> None:
    with psycopg.connect(edge.database.owner_url) as owner:
        owner.execute("LOCK TABLE bookings_booking IN ACCESS EXCLUSIVE MODE")
        with socket.create_connection(("127.0.0.1", edge.port)) as caller:
            caller.sendall(
                f"GET {EXPORT} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {edge.keys.live}\r\n"
                "\r\n".encode()
            )
            assert eventually(lambda: count_sessions(edge, READING) == 1)
            second = ask(partner)
        assert eventually(lambda: count_sessions(edge, IN_A_TRANSACTION) == 0)

    assert (second.status, second.headers["Retry-After"]) == (429, "30")
    # The export counts as running until the edge has its connection back.
    assert eventually(lambda: ask(partner, "?productId=none").status == 200)
    assert lines_of(ask(partner, "?productId=none"))[-1]["isComplete"]


def test_there_is_one_at_a_time_of_a_partner_and_mode_in_all_processes(edge: Edge) -> None:
    async def connect() -> Connection:
        return await Connection.connect(edge.database.edge_url, **connection_arguments())

    async def try_all() -> list[bool]:
        async with await connect() as first, await connect() as other, first.transaction():
            mine = SqlExportStore(PsycopgDatabase(first))
            got = [await mine.try_lock(Access(partner_id=PartnerId(7), test_mode=False))]
            for partner, test_mode in ((7, False), (7, True), (8, False)):
                access = Access(partner_id=PartnerId(partner), test_mode=test_mode)
                got.append(await SqlExportStore(PsycopgDatabase(other)).try_lock(access))
            return got

    assert asyncio.run(try_all()) == [True, False, True, True]


def a_booking(uuid: UUID) -> ExportedBooking:
    at = datetime(2026, 7, 1, tzinfo=UTC)
    nothing: dict[str, Any] = dict.fromkeys(
        [
            *("reseller_reference", "hold_ends_at", "confirmed_at", "redeemed_at", "cancelled_at"),
            *("cancellation_refund", "cancellation_reason", "availability_id", "local_date"),
            *("notes", "pickup_hotel", "pickup_time", "net_minor", "refund_retail_minor"),
            *("refund_net_minor", "user_id"),
        ]
    )
    return ExportedBooking(
        uuid=uuid, test_mode=False, supplier_reference="PT-1", status=BookingStatus.CONFIRMED,
        created_at=at, updated_at=at, product_code="kayak", option_code="DEFAULT",
        unit_codes=("adult",), contact=Contact(), currency="EUR", original_minor=1,
        retail_minor=1, **nothing,
    )  # fmt: skip


def stream(
    *parts: list[ExportedBooking] | Exception,
    most_seconds: float,
    lines: Lines,
    request: Request | None = None,
) -> str:
    """Return the whole text of an export that is made of these parts, for a key if one is sent."""

    async def coming() -> AsyncIterator[list[ExportedBooking]]:
        for part in parts:
            if isinstance(part, Exception):
                raise part
            yield part

    async def read() -> str:
        permitted = _while_permitted(coming(), request) if request else coming()
        chunks = export_chunks(permitted, lines, most_seconds=most_seconds)
        return b"".join([chunk async for chunk in chunks]).decode("utf-8-sig")

    return asyncio.run(read())


def test_one_that_takes_too_long_ends_and_says_where_to_go_on() -> None:
    first, second = a_booking(uuid4()), a_booking(uuid4())

    text = stream([first], [second], most_seconds=-1, lines=NdjsonLines())
    table = stream([first], [second], most_seconds=-1, lines=CsvLines())

    assert [json.loads(line).get("uuid") for line in text.splitlines()] == [str(first.uuid), None]
    assert json.loads(text.splitlines()[-1]) == {
        "end": True, "bookings": 1, "isComplete": False, "after": str(first.uuid),
    }  # fmt: skip
    assert table.endswith(f'"# 1 bookings, not complete, go on with after={first.uuid}"\r\n')


def test_one_that_loses_its_connection_says_so_too() -> None:
    booking = a_booking(uuid4())
    lost = psycopg.OperationalError("the session is gone")

    text = stream([booking], lost, most_seconds=60, lines=NdjsonLines())

    assert json.loads(text.splitlines()[-1])["after"] == str(booking.uuid)
    with pytest.raises(psycopg.OperationalError):
        stream(lost, most_seconds=60, lines=NdjsonLines())


def test_one_whose_key_is_revoked_ends_with_what_was_read() -> None:
    booking = a_booking(uuid4())

    class Keys:
        async def find(self, secret: str, *, now: datetime) -> ApiKey:
            raise KeyRevoked(prefix=secret[:12], revoked_at=now)

    key = partners.new_secret(is_test=False)
    state = SimpleNamespace(settings=SimpleNamespace(call_seconds=60), keys=Keys())
    headers = [(b"authorization", f"Bearer {key}".encode())]
    app = SimpleNamespace(state=state)
    asked = Request({"type": "http", "headers": headers, "app": app})

    text = stream(
        [booking], [a_booking(uuid4())], most_seconds=60, lines=NdjsonLines(), request=asked
    )

    uuids = [json.loads(line).get("uuid") for line in text.splitlines()]
    assert uuids == [str(booking.uuid), None]
    assert json.loads(text.splitlines()[-1])["isComplete"] is False
