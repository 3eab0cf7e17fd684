"""Django's dry run is rolled back whatever its view does, or it is refused with the reason."""

import http.client
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from django.core.cache.backends.base import BaseCache
from django.core.cache.backends.locmem import LocMemCache

from core_site.rollout.dry_runs.caches import CopyOnWriteCache
from shared_domain.rollout import wire
from shared_domain.rollout.django_dry_runs import (
    DjangoDryRun,
    DryRunRequest,
    DryRunVerdict,
)
from tests.harness.databases import PARITY_KEY
from tests.harness.waiting import ANSWER_SECONDS, eventually
from tests.rollout.risky_views import HARMLESS, REFUSED, WAITING
from tests.rollout.wrong_stack import WrongStack


@pytest.fixture(scope="module")
def stack(wrong_stack: WrongStack) -> Iterator[WrongStack]:
    wrong_stack.owner.execute(
        "CREATE TABLE deed (name text PRIMARY KEY); GRANT ALL ON deed TO PUBLIC;"
        " INSERT INTO deed VALUES ('locked')"
    )
    yield wrong_stack
    wrong_stack.owner.execute("DROP TABLE deed")


def ask(
    stack: WrongStack,
    deed: str,
    name: str = "",
    *,
    path: str = "/v1/deeds",
    token: str | None = None,
    milliseconds: int = 60_000,
    to: str = wire.DRY_RUN_PATH,
) -> tuple[int, DjangoDryRun | None]:
    """Ask Django itself, as the edge does."""
    question = DryRunRequest(
        token=wire.token(wire.Purpose.DRY_RUN, PARITY_KEY) if token is None else token,
        milliseconds=milliseconds,
        reader="",
        path=path,
    )
    connection = http.client.HTTPConnection("127.0.0.1", stack.django_port, timeout=ANSWER_SECONDS)
    try:
        headers = {wire.DRY_RUN_HEADER: question.as_header(), "X-Deed": deed, "X-Name": name}
        connection.request("POST", to, body=b"", headers=headers)
        answer = connection.getresponse()
        return answer.status, DjangoDryRun.from_bytes(answer.read())
    finally:
        connection.close()


@pytest.mark.parametrize(
    "use",
    [
        lambda cache: (cache.set("a", 1, timeout=0), cache.get("a")),
        lambda cache: (cache.add("a", 1, timeout=-1), cache.get("a")),
        lambda cache: (cache.set("a", 1), cache.touch("a", 0), cache.get("a")),
        lambda cache: (cache.set("a", 1), cache.touch("a"), cache.get("a")),
        lambda cache: (cache.set("a", 1), cache.get("a", version=2), cache.get("a", version=1)),
        lambda cache: (cache.set("a", 1), cache.incr_version("a"), cache.get("a")),
        lambda cache: (cache.set("a", None), cache.get("a", 5), "a" in cache, cache.delete("a")),
    ],
)
def test_a_cache_works_as_the_real_one_and_leaves_it_alone(
    use: Callable[[BaseCache], object],
) -> None:
    untouched, other = (LocMemCache(uuid4().hex, {"VERSION": 2}) for _ in range(2))

    assert use(CopyOnWriteCache(untouched)) == use(other)
    assert untouched.get("a") is untouched.get("a", version=3) is None


def names(stack: WrongStack) -> set[str]:
    return {row[0] for row in stack.rows("SELECT name FROM deed")}


@pytest.mark.parametrize("deed", HARMLESS)
def test_what_a_rollback_undoes_is_tried(stack: WrongStack, deed: str) -> None:
    name = uuid4().hex
    with psycopg.connect(stack.database.owner_url, autocommit=True) as listener:
        listener.execute("LISTEN deeds")

        for _ in range(2):
            _, tried = ask(stack, deed, name)

            assert tried is not None
            assert (tried.verdict, tried.reason) == (DryRunVerdict.DONE, "")
            assert tried.status == 200
            # Nothing is left in the cache for the second time.
            assert tried.body in (b"done: None", b"done: 1" if deed == "a cache" else b"")
            assert ("Set-Cookie", "seen=yes; Path=/") in [(n, v.strip()) for n, v in tried.headers]
        assert not list(listener.notifies(timeout=0))
    assert names(stack) == {"locked"}


@pytest.mark.parametrize("deed", REFUSED)
def test_what_no_rollback_undoes_is_refused(stack: WrongStack, deed: str) -> None:
    name = uuid4().hex

    _, tried = ask(stack, deed, name)

    assert tried is not None
    assert tried.verdict is DryRunVerdict.REFUSED
    assert REFUSED[deed][1] in tried.reason
    assert name not in tried.reason
    assert not Path(f"/tmp/deed-{name}").exists()
    assert names(stack) == {"locked"}
    assert ask(stack, "nothing more", name)[1].verdict is DryRunVerdict.DONE


def test_a_view_that_ends_the_transaction_is_tried_once(stack: WrongStack) -> None:
    stored = {uuid4().hex: "a commit of the driver's", uuid4().hex: "nothing more"}

    (_, first), (_, second) = (
        ask(stack, deed, name, path="/v1/deeds/ending") for name, deed in stored.items()
    )

    assert first is not None
    assert first.reason == "the view ended the transaction: what it wrote before is stored"
    assert second is not None
    assert second.reason == "the view ended the transaction of an earlier dry run"
    assert names(stack) == {"locked", next(iter(stored))}
    stack.owner.execute("DELETE FROM deed WHERE name <> 'locked'")


@pytest.mark.parametrize("deed", WAITING)
def test_it_waits_no_longer_than_it_may(stack: WrongStack, deed: str) -> None:
    with stack.owner.transaction():
        stack.owner.execute("SELECT FROM deed WHERE name = 'locked' FOR UPDATE")

        _, tried = ask(stack, deed, uuid4().hex, milliseconds=200)

    assert tried is not None
    assert tried.verdict is DryRunVerdict.ABANDONED
    assert eventually(
        lambda: (
            not stack.rows(
                "SELECT FROM pg_stat_activity WHERE datname = current_database()"
                " AND xact_start IS NOT NULL AND pid <> pg_backend_pid()"
            )
        )
    )
    assert names(stack) == {"locked"}


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/v1/orders", "the view has no @dry_run_is_safe"),
        ("/v1/deeds/inherited", "the view has no @dry_run_is_safe"),
        ("/v1/nowhere", "the view has no @dry_run_is_safe"),
        ("/v1/deeds/apart", "the view is marked by transaction.non_atomic_requests"),
    ],
)
def test_a_view_that_is_not_made_for_it(stack: WrongStack, path: str, reason: str) -> None:
    _, tried = ask(stack, "nothing more", uuid4().hex, path=path)

    assert tried is not None
    assert (tried.verdict, tried.reason, tried.is_lasting) == (
        DryRunVerdict.REFUSED,
        reason,
        True,
    )


def test_a_stream_is_refused(stack: WrongStack) -> None:
    _, tried = ask(stack, "a stream", uuid4().hex)

    assert tried is not None
    assert (tried.verdict, tried.reason) == (DryRunVerdict.REFUSED, "its answer is a stream")


@pytest.mark.parametrize("token", ["", "1", wire.token(wire.Purpose.DRY_RUN, "another key")])
def test_no_other_caller_can_ask_for_a_dry_run(stack: WrongStack, token: str) -> None:
    assert ask(stack, "nothing more", uuid4().hex, token=token) == (404, None)


def test_a_caller_cannot_ask_through_the_edge(stack: WrongStack) -> None:
    question = DryRunRequest(
        token=wire.token(wire.Purpose.DRY_RUN, PARITY_KEY),
        milliseconds=60_000,
        reader="",
        path="/v1/users",
    )
    headers = {
        wire.DRY_RUN_HEADER: question.as_header(),
        "X-Deed": "nothing more",
        "X-Name": "real",
    }

    refused = stack.ask("POST", wire.DRY_RUN_PATH, {}, headers=headers)
    done = stack.ask("POST", "/v1/deeds", {}, headers=headers)

    assert refused.status == 404
    assert wire.DRY_RUN_HEADER not in refused.headers
    assert done.status == 200
    assert names(stack) == {"locked", "real"}
    stack.owner.execute("DELETE FROM deed WHERE name = 'real'")
