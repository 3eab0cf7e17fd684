"""However a path is written, it is answered by the half that its endpoint's stage names."""

from collections.abc import Iterator

import pytest

from tests.harness.clients import Answer
from tests.harness.waiting import eventually
from tests.rollout.stack import Stack, an_email

LIST, CREATE, ONE, CHANGE, REMOVE = (
    "GET /v1/users",
    "POST /v1/users",
    "GET /v1/users/{id}",
    "PATCH /v1/users/{id}",
    "DELETE /v1/users/{id}",
)

#: Ways to write (nearly) the same path; ``ID`` is a user's.
SPELLINGS = [
    "/v1/users", "/v1/users?", "/v1/users?limit=1", "/v1/%75sers", "/v1/%75%73%65%72%73",
    "//v1/users", "/v1//users", "///v1///users", "/%2Fv1/users", "/v1%2Fusers", "/%76%31/users",
    "/v1/users/", "/v1/users//", "/v1/users%2F", "/v1/users%2f%2F", "/v1/users/?limit=1",
    "/./v1/users", "/v1/./users", "/v1/%2e/users", "/v1/x/../users", "/v1/x/%2e%2e/users",
    "/v1/users/.", "/v1/users/..", "/v1/users/%2e%2e", "/v1/users/%2e%2e/users",
    "/v1/users%0A", "/v1/users%0D%0A", "/v1/users%0D", "/v1/users%00", "/v1/users%20",
    "/v1/users%09", "/v1/users%E2%80%A8", "/v1/users%C2%85", "/%0Av1/users", "/v1/users%0Ax",
    "/v1/users;x=1", "/v1/users%3Flimit=1", "/v1/users%23x", "/v1/users%5C", "/v1%5Cusers",
    "/v1/%2575sers", "/v1/users%252F", "/v1/users%FF", "/v1/users%C0%AF", "/v1/users%",
    "/v1/users%7", "/V1/users", "/v1/Users", "/v1/users.json", "/v1/users*", "/v1/users+",
    "/v1/us%EF%BD%85rs",
    "/v1/users/ID", "/v1/users/ID?", "/v1/%75sers/ID", "/v1/users%2FID", "/v1%2Fusers%2FID",
    "/v1/users/ID/", "/v1/users/ID%2F", "/v1/users//ID", "/v1/users/%2FID", "/v1/users/ID%0A",
    "/v1/users/ID%00", "/v1/users/ID%20", "/v1/users/ID%2Fx", "/v1/users/ID/../ID",
    "/v1/users/ID%FF", "/v1/users/x%2F..%2FID", "/v1/users/%C0%AF",
]  # fmt: skip

#: Of these, the ones that are sent with every method.
EVERY_METHOD = ["/v1/users", "/v1/users%0A", "/v1/users/ID", "/v1/users/ID%0A"]
METHODS = ["HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PURGE", "PROPFIND"]


def requests(user_id: str) -> Iterator[tuple[str, str]]:
    for spelling in SPELLINGS:
        yield "GET", spelling.replace("ID", user_id)
    for spelling in EVERY_METHOD:
        for method in METHODS:
            yield method, spelling.replace("ID", user_id)


@pytest.fixture
def stack(shared_stack: Stack) -> Stack:
    """Every endpoint of both halves is in stage ``django``."""
    shared_stack.change_all("stage = 'django', percent = 0, guarded_calls = 0")
    shared_stack.wait_for_stages("django", LIST, CREATE, ONE, CHANGE, REMOVE)
    return shared_stack


@pytest.fixture
def user_id(stack: Stack) -> str:
    created = stack.ask("POST", "/v1/users", {"email": an_email(), "age": 30})
    return str(created.body["id"])


def is_list(answer: Answer) -> bool:
    return answer.status == 200 and "items" in answer.body


def test_in_stage_django_the_edge_is_never_reached(stack: Stack, user_id: str) -> None:
    for method, path in requests(user_id):
        answer = stack.ask(method, path)

        assert answer.side == "django", (method, path, answer)


def test_in_stage_edge_djangos_view_is_never_reached(stack: Stack, user_id: str) -> None:
    for name in (LIST, CREATE, ONE, CHANGE, REMOVE):
        stack.set_stage(name, "edge")

    for method, path in requests(user_id):
        answer = stack.ask(method, path)

        assert answer.side == "edge" or answer.status == 404, (method, path, answer)


def test_neighbours_in_different_stages_are_never_taken_for_each_other(
    stack: Stack, user_id: str
) -> None:
    stack.set_stage(LIST, "edge")

    answers = {
        spelling: stack.ask("GET", spelling.replace("ID", user_id)) for spelling in SPELLINGS
    }

    assert {path for path, it in answers.items() if is_list(it) and it.side == "django"} == set()
    assert {
        path
        for path, it in answers.items()
        if it.status == 200 and it.side == "edge" and not is_list(it)
    } == set()


def test_both_sides_read_an_id_alike(stack: Stack, user_id: str) -> None:
    paths = [spelling.replace("ID", user_id) for spelling in SPELLINGS if "ID" in spelling]
    by_django = {path: stack.ask("GET", path) for path in paths}

    stack.set_stage(ONE, "edge")

    for path, django in by_django.items():
        assert stack.ask("GET", path).status == django.status, path


def test_head_and_options_follow_get_and_are_compared(stack: Stack) -> None:
    stack.forget_findings()
    for stage, side in [
        ("django", "django"),
        ("shadow", "django"),
        ("canary", "edge"),
        ("edge", "edge"),
        ("retired", "edge"),
    ]:
        stack.set_stage(LIST, stage, percent=100 if stage == "canary" else 0)

        head, options = stack.ask("HEAD", "/v1/users"), stack.ask("OPTIONS", "/v1/users")

        assert (head.side, head.status, head.text) == (side, 200, "")
        assert (options.side, options.status) == (side, 405)
    assert eventually(lambda: stack.counted("matched + mismatched + undecided") > 0)


def test_what_neither_side_has_is_refused_by_the_side_that_has_the_path(stack: Stack) -> None:
    stack.set_stage(LIST, "edge")
    assert stack.ask("DELETE", "/v1/users").side == "django"

    stack.set_stage(CREATE, "retired")
    answer = stack.ask("DELETE", "/v1/users")

    assert (answer.status, answer.side) == (405, "edge")
    assert answer.headers["Allow"] == "GET, HEAD, POST"


def test_a_header_does_not_change_the_method(stack: Stack) -> None:
    stack.set_stage(CREATE, "edge")
    overriding = {"X-HTTP-Method-Override": "GET", "X-Method-Override": "GET"}

    answer = stack.ask("POST", "/v1/users", {"email": an_email(), "age": 30}, headers=overriding)

    assert (answer.status, answer.side) == (201, "edge")


def test_what_is_the_edges_alone_stays_so_whatever_is_registered(stack: Stack) -> None:
    registered = stack.owner.cursor()
    registered.execute(
        "UPDATE endpoints_endpoint SET is_on_site = true, stage = 'django'"
        " WHERE path_template LIKE '/octo/%'"
    )
    stack.wait_for_stages("django", "GET /octo/products")
    try:
        products = stack.ask("GET", "/octo/products")
        nothing = stack.ask("GET", "/octo/nothing")
    finally:
        registered.execute(
            "UPDATE endpoints_endpoint SET is_on_site = false, stage = 'edge'"
            " WHERE path_template LIKE '/octo/%'"
        )

    assert (products.status, products.side) == (200, "edge")
    assert (nothing.status, nothing.side) == (404, "edge")
