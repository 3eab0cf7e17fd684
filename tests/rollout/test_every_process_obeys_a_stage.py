"""A change of stage reaches every edge process within a second, whatever happens to its notice."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import psycopg
import pytest

from tests.harness.clients import Answer
from tests.harness.servers import running_edge
from tests.harness.waiting import eventually
from tests.rollout.stack import PATIENT, Stack, an_email, as_new

PROCESSES = 2

BOTH = ("GET /v1/users", "POST /v1/users")

STAGES = ["django", "shadow", "canary", "edge", "retired"]


@pytest.fixture(scope="module")
def big_stack(shared_stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The stack once more, with an edge of its own that is several processes."""
    as_new(shared_stack)
    with running_edge(
        f"http://127.0.0.1:{shared_stack.django_port}",
        tmp_path_factory.mktemp("big") / "edge.log",
        app="tests.rollout.failing_edge:create_app()",
        workers=PROCESSES,
        database=shared_stack.database,
        **PATIENT,
    ) as edge:
        stack = replace(shared_stack, edge=edge, workers=PROCESSES)
        assert eventually(lambda: len(listeners(stack)) == PROCESSES + 1)
        yield stack


def listeners(stack: Stack) -> list[int]:
    """Return the connections on which edges listen: the other edge has one as well."""
    found = stack.rows(
        "SELECT pid FROM pg_stat_activity"
        " WHERE application_name = 'portico-edge-listener' AND datname = current_database()"
    )
    return [row[0] for row in found]


def flip(stack: Stack, stage: str, *, percent: int = 50) -> None:
    """Set the stage of both, and wait for nothing."""
    stack.change_all(
        "stage = %s, percent = %s, stage_since = clock_timestamp()",
        *(stage, percent if stage == "canary" else 0),
        where="path_template = '/v1/users' AND is_on_site",
    )


def sides(stack: Stack, how_often: int = 24) -> set[str]:
    """Ask over new connections, enough of them at once to meet every process."""
    with ThreadPoolExecutor(6) as callers:
        asked = callers.map(lambda _: stack.ask("GET", "/v1/users"), range(how_often))
        return {answer.side for answer in asked}


def test_within_a_second(big_stack: Stack) -> None:
    took_seconds = []
    flips = [("edge", "edge"), ("django", "django"), ("retired", "edge")]
    # On a busy machine several may take longer.
    for stage, side in flips * 3:
        flip(big_stack, stage)
        began_at = time.monotonic()
        big_stack.wait_for_stages(stage, *BOTH)
        took_seconds.append(time.monotonic() - began_at)

        assert sides(big_stack) == {side}
        if len(took_seconds) >= len(flips) and min(took_seconds) < 1:
            break
    assert min(took_seconds) < 1


def test_when_the_notice_is_lost_the_next_look_finds_it(big_stack: Stack) -> None:
    flip(big_stack, "django")
    big_stack.wait_for_stages("django", *BOTH)
    assert sides(big_stack) == {"django"}
    big_stack.owner.execute("ALTER TABLE endpoints_endpoint DISABLE TRIGGER USER")
    try:
        flip(big_stack, "edge")

        assert eventually(lambda: sides(big_stack, 12) == {"edge"})
    finally:
        big_stack.owner.execute("ALTER TABLE endpoints_endpoint ENABLE TRIGGER USER")


def test_a_change_while_the_listener_is_down_is_read_when_it_is_back(big_stack: Stack) -> None:
    flip(big_stack, "django")
    before = listeners(big_stack)

    for process in before:
        big_stack.owner.execute("SELECT pg_terminate_backend(%s)", [process])
    flip(big_stack, "edge")

    assert eventually(
        lambda: (
            len(listeners(big_stack)) == PROCESSES + 1 and not {*listeners(big_stack)} & {*before}
        )
    )
    big_stack.wait_for_stages("edge", *BOTH)
    assert sides(big_stack) == {"edge"}


def test_many_processes_roll_back_once_and_all_of_them(big_stack: Stack) -> None:
    flip(big_stack, "django")
    big_stack.wait_for_stages("django", *BOTH)
    flip(big_stack, "canary", percent=100)
    big_stack.wait_for_stages("canary", *BOTH)

    def create(_: int) -> tuple[int, str, int]:
        email = an_email()
        body = {"email": email, "age": 30}
        with psycopg.connect(big_stack.database.owner_url) as own:
            answer = big_stack.ask(
                "POST", "/v1/users", body, headers={"X-Fail": "exception after the rows"}
            )
            found = own.execute("SELECT count(*) FROM users_user WHERE email = %s", [email])
            return answer.status, answer.side, (found.fetchone() or (0,))[0]

    before = big_stack.value("SELECT coalesce(max(id), 0) FROM endpoints_stagechange")
    with ThreadPoolExecutor(8) as callers:
        assert set(callers.map(create, range(24))) == {(201, "django", 1)}

    changes = big_stack.rows(
        "SELECT actor, from_stage, to_stage FROM endpoints_stagechange WHERE id > %s", before
    )
    assert changes == [("budget", "canary", "shadow")]
    assert eventually(
        lambda: {big_stack.ask("POST", "/v1/users", {}).side for _ in range(12)} == {"django"},
    )


def test_flips_under_load_fail_no_request_and_mix_no_answer(big_stack: Stack) -> None:
    is_over = False
    emails: list[str] = []
    answers: list[Answer] = []
    # The edge's bodies are misspelled, so that each says where it comes from.
    headers = {"X-Fail": "wrong"}
    big_stack.owner.execute("UPDATE endpoints_endpoint SET sample_percent = 10")

    def read() -> None:
        while not is_over:
            answers.append(big_stack.ask("GET", "/v1/users?limit=2", headers=headers))

    def write(key: str) -> None:
        while not is_over:
            email = an_email()
            emails.append(email)
            body = {"email": email, "age": 30}
            answers.append(big_stack.ask("POST", "/v1/users", body, key=key, headers=headers))

    with ThreadPoolExecutor(4) as callers:
        asked = [callers.submit(read), callers.submit(read)]
        asked += [callers.submit(write, key) for key in (big_stack.keys.live, big_stack.keys.rival)]
        try:
            for turn in range(20):
                flip(big_stack, STAGES[turn * 3 % 5])
                enough = len(answers) + 5
                assert eventually(lambda enough=enough: len(answers) >= enough)
        finally:
            is_over = True
        for one in asked:
            one.result()

    assert len(answers) > 100
    assert {answer.status for answer in answers} == {200, 201}
    assert {(answer.side, written_by(answer)) for answer in answers} == {
        ("django",) * 2,
        ("edge",) * 2,
    }
    found = big_stack.rows(
        "SELECT email, count(*) FROM users_user WHERE email = ANY(%s) GROUP BY email", emails
    )
    assert dict(found) == dict.fromkeys(emails, 1)


def written_by(answer: Answer) -> str:
    names = set(answer.body) & {"items", "itemz", "email", "emaiL"}
    return "django" if names <= {"items", "email"} else "edge"
