"""A list is leafed through page by page, newest first, the same through either half."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.users.halves import Half, Halves
from tests.users.keys import a_key
from tests.users.stack import Stack


@pytest.fixture
def alone(stack: Stack) -> Halves:
    """The halves with the key of a partner whose users only this test makes."""
    return stack.halves.with_key(a_key(stack))


def pages(half: Half, *, limit: int) -> Iterator[list[dict[str, Any]]]:
    cursor = ""
    while True:
        page = half.get(f"/v1/users?limit={limit}{cursor}").body
        yield page["items"]
        if page["nextCursor"] is None:
            return
        cursor = f"&cursor={page['nextCursor']}"


def test_no_users_are_an_empty_list(alone: Halves) -> None:
    assert alone.both("GET", "/v1/users").body == {"items": [], "nextCursor": None}


@pytest.mark.parametrize("limit", [1, 2, 5, 7, 100])
def test_every_page_size_shows_each_user_once(alone: Halves, limit: int) -> None:
    made = [alone.edge.created() for _ in range(5)]

    for half in (alone.django, alone.edge):
        leafed = list(pages(half, limit=limit))

        assert [user for page in leafed for user in page] == made[::-1]
        assert all(len(page) == limit for page in leafed[:-1])


def test_one_half_goes_on_where_the_other_stopped(alone: Halves) -> None:
    made = [alone.edge.created() for _ in range(4)]

    first = alone.django.get("/v1/users?limit=2")
    assert first.text == alone.edge.get("/v1/users?limit=2").text
    second = alone.edge.get(f"/v1/users?limit=2&cursor={first.body['nextCursor']}")

    assert first.body["items"] + second.body["items"] == made[::-1]
    assert second.body["nextCursor"] is None


def test_users_of_the_same_moment_keep_their_places(alone: Halves, stack: Stack) -> None:
    made = {alone.edge.created()["id"] for _ in range(5)}
    stack.rows.execute(
        "UPDATE users_user SET created_at = now(), updated_at = now() WHERE id = ANY(%s)",
        [list(made)],
    )

    seen = [user["id"] for page in pages(alone.edge, limit=2) for user in page]

    assert len(seen) == 5
    assert set(seen) == made


def test_a_user_made_meanwhile_disturbs_nothing(alone: Halves) -> None:
    made = [alone.edge.created() for _ in range(3)]
    first = alone.edge.get("/v1/users?limit=2").body

    alone.edge.created()

    rest = alone.edge.get(f"/v1/users?limit=2&cursor={first['nextCursor']}").body
    assert first["items"] + rest["items"] == made[::-1]


def test_a_page_holds_twenty_unless_told(alone: Halves) -> None:
    for _ in range(21):
        alone.edge.created()

    assert len(alone.both("GET", "/v1/users").body["items"]) == 20


INTEGER = {"rule": "invalid", "message": "A valid integer is required."}
LEAST = {"rule": "min_value", "message": "Ensure this value is greater than or equal to 1."}
MOST = {"rule": "max_value", "message": "Ensure this value is less than or equal to 100."}


# The last but one is an Arabic digit.
@pytest.mark.parametrize(
    ("limit", "said_by_django"),
    [
        ("0", LEAST),
        ("101", MOST),
        *((limit, INTEGER) for limit in ("-1", "1.0", "ten", "", "1e1", "%2B1", "%D9%A3")),
        ("9" * 40, INTEGER),
    ],
)
def test_a_page_size_out_of_range_is_refused(
    halves: Halves, limit: str, said_by_django: dict[str, str]
) -> None:
    by_django, by_edge = halves.each("GET", f"/v1/users?limit={limit}")

    assert by_edge.status == 422
    assert by_django.body["errors"] == [{"field": "limit"} | said_by_django]
    assert by_edge.body["detail"] == "limit must be a whole number from 1 to 100"
    assert by_edge.body["errors"] == [
        {
            "field": "limit",
            "rule": "range",
            "given": "text",
            "message": "must be a whole number from 1 to 100",
        }
    ]


@pytest.mark.parametrize("cursor", ["", "x", "AAAA", "A" * 32 + "A", "%00", "%FF", "____________"])
def test_a_made_up_cursor_is_refused(halves: Halves, cursor: str) -> None:
    answer = halves.both("GET", f"/v1/users?cursor={cursor}")

    assert (answer.status, answer.body["field"]) == (422, "cursor")
    assert answer.body["type"] == "urn:portico:problem:cursor-unusable"


@pytest.mark.parametrize("cursor", ["A" * 32, "_" * 32, "fwAAAAAAAAAA" + "A" * 20])
def test_a_cursor_of_another_time_harms_nothing(halves: Halves, cursor: str) -> None:
    assert halves.both("GET", f"/v1/users?cursor={cursor}").status in (200, 422)
