"""Tests that an endpoint's move begins with ask each door itself, and see when they differ."""

from tests.both_doors.asking_both import Said, ask_both, edge_serves
from tests.both_doors.doors import Stack


def test_the_same_request_reaches_either_door(stack: Stack) -> None:
    by_django, by_edge = ask_both(stack, "GET", "/v1/users?limit=1")

    assert by_django == by_edge
    assert by_django.status == 200
    assert by_django.headers == {"content-type": "application/json"}


def test_refusals_are_compared_without_the_id_of_the_request(stack: Stack) -> None:
    by_django, by_edge = ask_both(stack, "GET", "/v1/users/unknown")

    said = {
        "type": "urn:portico:problem:user-not-found",
        "title": "User not found",
        "status": 404,
        "field": "id",
    }
    assert by_django.status == by_edge.status == 404
    assert by_django.body == said | {"detail": "Not found."}
    assert by_edge.body == said | {"detail": "id is not one of your users"}


def test_each_door_can_get_a_body_of_its_own(stack: Stack) -> None:
    by_django, by_edge = ask_both(
        stack, "POST", "/v1/users",
        {"email": "first@example.com", "age": 1}, of_the_edge={"email": "b@example.com", "age": 2},
    )  # fmt: skip

    assert (by_django.body["age"], by_edge.body["age"]) == (1, 2)
    assert by_django.kinds == by_edge.kinds
    assert by_django.headers["location"].startswith("/v1/users/")


def test_kinds_tell_apart_what_is_not_alike() -> None:
    def kinds(body: object) -> object:
        return Said(200, {}, body).kinds

    assert kinds({"a": [1, 2], "b": "x"}) == kinds({"a": [3, 4], "b": "y"})
    assert kinds({"a": [1, 2]}) != kinds({"a": [1]})
    assert kinds({"a": 1}) != kinds({"a": "1"})
    assert kinds({"a": 1}) != kinds({"a": None})


def test_the_edges_own_endpoints_are_known() -> None:
    assert edge_serves("PATCH", "/v1/users/{id}")
    assert not edge_serves("PUT", "/v1/users/{id}")
    assert not edge_serves("GET", "/admin/")
