"""Each endpoint's comparison is tried with a mistake put in, and the outcome is stored."""

from typing import Any

from tests.front_door.running import eventually
from tests.moving.house import an_email
from tests.moving.wrong_house import WrongHouse


def self_test(house: WrongHouse, method: str, template: str) -> Any:
    return house.value(
        "SELECT self_test_passed FROM endpoints_endpoint"
        " WHERE method = %s AND path_template = %s AND self_test_at > now() - interval '1 minute'"
        " UNION ALL SELECT NULL LIMIT 1",
        method,
        template,
    )


def test_it_passes_with_the_first_that_agrees(wrong_house: WrongHouse) -> None:
    wrong_house.owner.execute(
        "UPDATE endpoints_endpoint SET self_test_at = NULL, self_test_passed = NULL"
    )
    wrong_house.a_user()

    for method, path, body in (
        ("GET", "/v1/packed?rows=2", None),
        ("POST", "/v1/orders", {"email": an_email(), "age": 30}),
    ):
        assert wrong_house.compare(method, path, body).verdict == "match"
        assert eventually(lambda m=method, p=path: self_test(wrong_house, m, p.partition("?")[0]))


def test_it_fails_where_the_rules_see_nothing(wrong_house: WrongHouse) -> None:
    assert wrong_house.compare("GET", "/v1/blind", wrong="one cent").verdict == "match"

    assert eventually(lambda: self_test(wrong_house, "GET", "/v1/blind") is False)
