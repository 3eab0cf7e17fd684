"""Whatever differs, breaks or is refused: no value of anybody's is stored, logged or shown."""

from urllib.parse import quote
from uuid import uuid4

import pytest

from tests.harness.databases import PARITY_KEY
from tests.rollout.database_snapshot import everything_written
from tests.rollout.wrong_edge import SPOILED
from tests.rollout.wrong_stack import DRY_RUN_SECONDS, TOKEN, WrongStack

READS = [*SPOILED, "other status", "breaks", "writes", "huge"]
WRITES = ["", *SPOILED, "other status", "other place", "place of another", "row off by one",
          "missing row", "extra row", "refuses", "breaks", "owes a partner",
          "commits", "sleeps in SQL"]  # fmt: skip


@pytest.fixture(scope="module")
def secrets(wrong_stack: WrongStack) -> list[str]:
    """Make every kind of mismatch about one guest, and return what must be nowhere."""
    wrong_stack.settle()
    wrong_stack.owner.execute("TRUNCATE endpoints_difference CASCADE")
    for name in ("GET /v1/users", "GET /v1/users/{id}", "POST /v1/users", "PATCH /v1/users/{id}"):
        wrong_stack.set_stage(name, "shadow")
    address = f"zebulon-{uuid4().hex[:8]}@guests.example"
    user = wrong_stack.a_user(email=address)
    path = f"/v1/users/{user['id']}"
    secrets = [
        address,
        user["id"],
        user["createdAt"],
        wrong_stack.keys.live,
        wrong_stack.keys.rival,
    ]
    for wrong in READS:
        wrong_stack.ask_wrongly("GET", path, wrong=wrong)
        wrong_stack.compare("GET", "/v1/users?limit=1", wrong=wrong)
    with wrong_stack.limits(DRY_RUN_SECONDS=DRY_RUN_SECONDS):
        for n, wrong in enumerate(WRITES):
            secrets.append(f"{n}-{address}")
            wrong_stack.compare("POST", "/v1/users", {"email": secrets[-1], "age": 30}, wrong=wrong)
            wrong_stack.compare("PATCH", path, {"email": f"p{n}-{address}"}, wrong=wrong)
            wrong_stack.ask_wrongly("POST", "/v1/users", {"email": address, "age": 3}, wrong=wrong)
    _ask_oddly(wrong_stack, path, address)
    return secrets


def _ask_oddly(stack: WrongStack, path: str, address: str) -> None:
    """Put the address where no address belongs."""
    for body in (
        {"email": address, "age": address},
        {"email": address, "age": 30, address: 1},
        {"email": {"to": [address]}, "age": 30},
        {stack.keys.rival: 1},
        [address],
        address,
    ):
        stack.compare("POST", "/v1/users", body)
    stack.compare("GET", f"{path}?{quote(address)}=1")
    stack.compare("GET", f"{path}?{stack.keys.rival}=1")
    stack.compare("GET", f"/v1/users?cursor={quote(address)}&limit={quote(address)}")
    stack.compare("GET", f"/v1/users/{quote(address)}")
    stack.compare("GET", path, headers={"Accept": f"text/{address}", "Octo-Env": address})
    stack.compare("GET", path, key=stack.keys.rival)
    stack.compare("GET", path, key=f"pk_live_{address}")


def test_not_in_what_was_found(wrong_stack: WrongStack, secrets: list[str]) -> None:
    wrong_stack.settle()
    written = everything_written(wrong_stack.owner, "endpoints_")

    assert wrong_stack.value("SELECT count(*) FROM endpoints_recording") > 5
    assert wrong_stack.value("SELECT count(*) FROM endpoints_difference") > 10
    assert [secret for secret in secrets if secret in written] == []
    assert "zebulon" not in written
    assert "zebulon" not in written.replace("%", "")


def test_not_in_the_logs(wrong_stack: WrongStack, secrets: list[str]) -> None:
    edge = wrong_stack.edge.log
    logs = edge.read_text() + (edge.parent / "django.log").read_text()

    assert "a comparison" in logs or "dry run of the edge" in logs
    assert [secret for secret in secrets if secret in logs] == []
    assert PARITY_KEY not in logs
    assert TOKEN not in logs


def test_not_in_what_a_comparison_answers(wrong_stack: WrongStack, secrets: list[str]) -> None:
    path = f"/v1/users/{secrets[1]}"

    for wrong in READS:
        shown = wrong_stack.compare("GET", path, wrong=wrong).answer.headers["Portico-Differences"]
        assert [secret for secret in secrets if secret in shown] == [], wrong


def test_only_what_is_public_keeps_its_value(wrong_stack: WrongStack, secrets: list[str]) -> None:
    assert secrets
    kept = {
        (template, difference["path"])
        for template, difference in wrong_stack.rows(
            "SELECT e.method || ' ' || e.path_template, d.example FROM endpoints_difference d"
            "  JOIN endpoints_endpoint e ON e.id = d.endpoint_id"
        )
        if "value" in difference["django"] or "value" in difference["edge"]
        # What a dry run tried to use is a name of the program's.
        if not difference["path"].startswith("way-out:")
    }

    assert ("GET /v1/users/{id}", "/age") in kept
    assert {path for template, path in kept if template != "GET /v1/users/{id}"} <= {"status"}
    assert {path for _, path in kept} <= {"status", "/age"}
