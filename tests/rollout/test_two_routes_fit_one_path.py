"""The stage of an endpoint decides for its own code, also where routes of another fit its paths."""

import re
from itertools import permutations

import pytest
from fastapi import APIRouter

from api_edge.rollout.edge_endpoints import EdgeEndpoints
from api_edge.rollout.path_matcher import PathMatcher

TEMPLATES = ("/v1/boats/{id}", "/v1/{kind}/open", "/v1/{kind}/{id}")


def test_edge_and_stages_find_the_same_endpoint_in_any_order() -> None:
    for known in permutations(TEMPLATES):
        matcher = PathMatcher([("GET", template, template) for template in known])

        assert matcher.find("GET", "/v1/boats/open") == "/v1/boats/{id}"
        assert matcher.find("GET", "/v1/cars/open") == "/v1/{kind}/open"
        assert matcher.find("GET", "/v1/cars/7") == "/v1/{kind}/{id}"


@pytest.mark.parametrize(("first", "second"), [*permutations(TEMPLATES, 2)])
def test_a_route_that_hides_another_is_refused(first: str, second: str) -> None:
    router = APIRouter()
    for path in (first, second):
        router.add_api_route(path, lambda: None)

    if TEMPLATES.index(first) < TEMPLATES.index(second):
        EdgeEndpoints(router.routes, prefixes=("/v1",))
        return
    hidden = f"GET {second} must be included before {first}, which fits its paths as well"
    with pytest.raises(ValueError, match=f"^{re.escape(hidden)}$"):
        EdgeEndpoints(router.routes, prefixes=("/v1",))
