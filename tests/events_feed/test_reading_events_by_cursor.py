"""A partner walks through its events by cursor, and acknowledges them."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

from api_edge.v1.events.schemas import LARGEST_PAGE_SIZE
from tests.events_feed.conftest import Feed, types_of, uuids_of
from tests.harness.clients import request_once
from tests.harness.databases import ROOT
from tests.harness.waiting import eventually
from tests.users.documented import check_documented


def test_every_event_comes_once_and_in_order_page_by_page(feed: Feed) -> None:
    begin = feed.end()
    told = [*feed.tell("booking.updated", count=5), *feed.tell("booking.confirmed", count=3)]
    feed.tell("booking.confirmed", partner="rival", count=4)
    told += feed.tell("booking.cancelled", count=2)

    found, after = [], begin
    while True:
        answer = feed.ask(f"after={after}&limit=3&types=booking.*")
        check_documented("GET", "/v1/events", 200, "application/json", answer.body)
        found += uuids_of(answer)
        after = answer.body["nextAfter"]
        if not answer.body["hasMore"]:
            break

    assert found == told
    assert after == feed.end()
    assert feed.ask(f"after={after}").body == {"events": [], "nextAfter": after, "hasMore": False}
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_long_page_is_compressed_where_gzip_is_accepted(feed: Feed) -> None:
    begin = feed.end()
    for _ in range(2):
        feed.tell("product.updated", partner=None)
    path = f"/v1/events?after={begin}"

    packed = request_once(
        feed.port, "GET", path, key=feed.keys.live, headers={"Accept-Encoding": "gzip"}
    )

    assert packed.headers["Content-Encoding"] == "gzip"
    assert int(packed.headers["Content-Length"]) < len(packed.text.encode()) / 2
    assert packed.body == feed.ask(f"after={begin}").body


def test_types_may_be_listed_with_blanks(feed: Feed) -> None:
    begin = feed.end()
    feed.tell("booking.confirmed")
    feed.tell("price.changed", partner=None)

    answer = feed.ask(f"after={begin}&types=price.*,%20booking.confirmed")

    assert types_of(answer) == ["booking.confirmed", "price.changed"]


def test_a_reader_of_test_data_reads_no_live_events(feed: Feed) -> None:
    begin = feed.end()
    feed.tell("booking.confirmed")
    feed.tell("booking.expired", test_mode=True)
    feed.tell("price.changed", partner=None)

    assert types_of(feed.ask(f"after={begin}")) == ["booking.confirmed", "price.changed"]
    by_test_key = feed.ask(f"after={begin}", key=feed.keys.test)
    assert types_of(by_test_key) == ["booking.expired", "price.changed"]
    assert [event["testMode"] for event in by_test_key.body["events"]] == [True, None]


def test_a_key_reads_what_its_scopes_allow(feed: Feed) -> None:
    begin = feed.end()
    feed.tell("booking.confirmed")
    feed.tell("price.changed", partner=None)

    assert types_of(feed.ask(f"after={begin}", key=feed.keys.catalog_only)) == ["price.changed"]
    refused = feed.ask(f"after={begin}&types=booking.*", key=feed.keys.catalog_only)

    assert (refused.status, refused.body["type"]) == (403, "urn:portico:problem:scope-missing")
    assert "bookings:read" in refused.body["detail"]


def test_what_is_asked_wrongly_is_said(feed: Feed) -> None:
    last = feed.end()
    for query, status, field, words in (
        (f"after={last + 1}", 422, "after", f"at most {last}"),
        ("after=yesterday", 422, "after", "oldest, latest or acknowledged"),
        ("after=-1", 422, "after", "nextAfter"),
        (f"after={2**53}", 422, "after", "nextAfter"),
        ("types=booking.paid", 422, "types", "booking.paid is unknown. There are booking.reserved"),
        ("types=Clara+Duarte", 422, "types", "one is unknown"),
        ("types=", 422, "types", "one is unknown"),
        ("wait=31", 422, "wait", "from 0 to 30"),
        (f"limit={LARGEST_PAGE_SIZE + 1}", 422, "limit", f"from 1 to {LARGEST_PAGE_SIZE}"),
        ("since=1", 422, "since", "is not a parameter"),
    ):
        answer = feed.ask(query)
        check_documented(
            "GET", "/v1/events", answer.status, "application/problem+json", answer.body
        )
        assert (answer.status, answer.body["field"]) == (status, field), answer.text
        assert words in answer.body["detail"]
        assert "Clara" not in answer.text


def test_a_cursor_that_has_expired_says_where_to_go_on(feed: Feed) -> None:
    feed.tell("booking.confirmed")
    last = feed.end()
    feed.owner.execute("UPDATE events_log SET expired_to = %s", [last - 1])
    try:
        answer = feed.ask(f"after={last - 2}")

        assert (answer.status, answer.body["type"]) == (410, "urn:portico:problem:cursor-expired")
        assert f"go on with after={last - 1}" in answer.body["detail"]
        assert types_of(feed.ask(f"after={last - 1}")) == ["booking.confirmed"]
        assert types_of(feed.ask("after=oldest")) == ["booking.confirmed"]
    finally:
        feed.owner.execute("UPDATE events_log SET expired_to = 0")


def test_what_is_acknowledged_is_remembered_and_never_goes_back(feed: Feed) -> None:
    code, key = feed.add_partner()
    first, second = feed.tell("booking.confirmed", partner=code, count=2)
    read = feed.ask("after=acknowledged&types=booking.*", key=key)
    assert uuids_of(read) == [first, second]

    positions = [event["position"] for event in read.body["events"]]
    assert feed.acknowledge({"after": positions[0]}, key=key).body == {"after": positions[0]}
    assert uuids_of(feed.ask("after=acknowledged&types=booking.*", key=key)) == [second]

    assert feed.acknowledge({"after": positions[1]}, key=key).body == {"after": positions[1]}
    assert feed.acknowledge({"after": positions[0]}, key=key).body == {"after": positions[1]}
    assert feed.ask("after=acknowledged&types=booking.*", key=key).body["events"] == []

    beyond = feed.acknowledge({"after": feed.end() + 1}, key=key)
    assert (beyond.status, beyond.body["field"]) == (422, "after")
    assert feed.acknowledge({"after": "1"}, key=key).status == 422
    assert feed.acknowledge({"after": 1, "at": 2}, key=key).status == 422


def test_the_program_of_the_guide_keeps_its_place(feed: Feed, tmp_path: Path) -> None:
    guide = (ROOT / "api_edge/v1/events/GUIDE.md").read_text("utf-8")
    (shell,) = re.findall(r"```sh\n(.*?)```", guide, re.DOTALL)
    (program,) = re.findall(r"```python\n(.*?)```", guide, re.DOTALL)
    code, key = feed.add_partner(sells_kayak=False)
    environment = dict(os.environ) | {
        "PORTICO_URL": f"http://127.0.0.1:{feed.port}",
        "PORTICO_KEY": key,
    }
    seen = tmp_path / "seen"

    def run() -> "subprocess.Popen[bytes]":
        with seen.open("ab") as output:
            return subprocess.Popen(
                [sys.executable, "-c", program], cwd=tmp_path, env=environment, stdout=output
            )

    def has_seen(count: int) -> bool:
        return eventually(lambda: seen.read_text().count("booking.confirmed") >= count)

    def has_kept(position: int) -> bool:
        cursor = tmp_path / "cursor.txt"
        return eventually(lambda: cursor.exists() and int(cursor.read_text()) >= position)

    first = run()
    try:
        feed.tell("booking.confirmed", partner=code)
        assert has_seen(1)
        # It may have kept an earlier page, with the events of its key, before this one.
        assert has_kept(feed.end())
    finally:
        first.kill()
        first.wait()
    feed.tell("booking.confirmed", partner=code, count=2)
    second = run()
    try:
        assert has_seen(3)
    finally:
        second.kill()
        second.wait()

    assert len(set(seen.read_text().split("\n"))) == len(seen.read_text().split("\n"))
    by_curl = subprocess.run(shell, shell=True, env=environment, capture_output=True, check=True)
    assert len(json.loads(by_curl.stdout)["events"]) == 3
