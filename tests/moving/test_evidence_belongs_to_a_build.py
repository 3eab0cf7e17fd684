"""Evidence belongs to a build: the edge's sources, and the release of the site that answered."""

from tests.front_door.running import eventually
from tests.moving.house import House

NAME = "GET /v1/users/{id}"


def test_the_release_of_the_site_never_reaches_a_caller(house: House) -> None:
    direct = house.ask("GET", "/v1/users/1", port=house.site_port)
    through_the_door = house.ask("GET", "/v1/users/1", headers={"X-Portico-Release": "1"})

    assert "X-Portico-Release" not in direct.headers
    assert "X-Portico-Release" not in through_the_door.headers


def test_no_caller_can_say_or_hide_the_release(house: House) -> None:
    before = house.rows("SELECT edge, release FROM endpoints_build")

    for forged in (
        {"X-Portico-Release": "forged"},
        {"x_portico_release": "forged"},
        {"Connection": "x-portico-release"},
    ):
        assert house.ask("GET", "/v1/users/1", headers=forged).status in (200, 404)

    assert eventually(lambda: len(house.rows("SELECT edge, release FROM endpoints_build")) > 0)
    after = house.rows("SELECT DISTINCT release FROM endpoints_build")
    assert len(after) == 1, (before, after)
    assert len(after[0][0]) == 32
