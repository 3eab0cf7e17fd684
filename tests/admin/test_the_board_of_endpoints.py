"""The board shows every endpoint by stage, what is left to move, and what is an alarm."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from core_site import stores
from core_site.rollout.documents.endpoint import EndpointDocument
from core_site.rollout.models import Endpoint
from shared_domain import rollout
from shared_domain.rollout import Stage
from shared_domain.run_now import run_now
from tests.admin.endpoint_data import (
    NEW_USER,
    PRODUCTS,
    STATEMENTS,
    USERS,
    compared,
    had_calls,
    move,
    proven,
    register,
)
from tests.admin.staff import logged_in, text_of
from tests.harness.responses import ClientResponse

BOARD = "/admin/endpoints/endpoint/"


@pytest.fixture
def no_endpoints(db: None) -> None:
    """A board with nothing on it: stage changes are for ever, and their endpoints with them."""


@pytest.fixture(autouse=True)
def _registered(request: pytest.FixtureRequest, db: None) -> None:
    if "no_endpoints" not in request.fixturenames:
        register()


def groups_on(page: ClientResponse) -> dict[str, list[str]]:
    return {
        group["stage"].value: [row.endpoint.name for row in group["rows"]]
        for group in page.context["board"]["groups"]
    }


def row_on(page: ClientResponse, name: tuple[str, str]) -> EndpointDocument:
    rows = [row for group in page.context["board"]["groups"] for row in group["rows"]]
    return next(row for row in rows if row.endpoint.name == " ".join(name))


def test_endpoints_are_grouped_in_the_order_of_the_move(rosa: Client) -> None:
    move(USERS, Stage.CANARY, percent=25)
    move(NEW_USER, Stage.SHADOW)

    page = rosa.get(BOARD)

    assert groups_on(page) == {
        "django": ["GET /v1/statements"],
        "shadow": ["POST /v1/users"],
        "canary": ["GET /v1/users"],
        "edge": ["GET /octo/products"],
        "retired": [],
    }
    assert list(groups_on(page)) == list(Stage)
    assert "GET /v1/users 25 %" in text_of(page)


def test_what_only_django_has_is_left_to_move(rosa: Client) -> None:
    page = rosa.get(BOARD)

    assert row_on(page, STATEMENTS).step.verdict == "left to move"
    assert row_on(page, USERS).step.verdict == "ready"
    assert row_on(page, PRODUCTS).step.verdict == "only on the edge"
    assert "1 left to move, of 4" in text_of(page)
    assert groups_on(rosa.get(f"{BOARD}?halves=left"))["django"] == ["GET /v1/statements"]


def test_a_row_tells_traffic_parity_and_latency_of_the_last_day(rosa: Client) -> None:
    move(USERS, Stage.SHADOW)
    compared(USERS, 199)
    compared(USERS, 1, verdict="mismatch")
    had_calls(USERS, django_calls=30, django_ms=600, edge_calls=10, edge_ms=25)
    had_calls(USERS, ago=timedelta(hours=5), django_calls=10, django_ms=200)
    had_calls(USERS, ago=timedelta(hours=30), django_calls=999, django_ms=1)

    row = text_of(rosa.get(BOARD))

    assert "40 · 10 99.5 % 200 20.0 · 2.5" in row


def test_a_side_without_calls_is_timed_by_its_comparisons(rosa: Client) -> None:
    move(USERS, Stage.SHADOW)
    compared(USERS, 10)
    had_calls(USERS, django_calls=10, django_ms=300)

    row = row_on(rosa.get(BOARD), USERS)

    assert (row.django_ms, row.edge_ms) == ("30.0", "(2.0)")


def test_the_budget_that_is_nearest_to_its_end_is_shown(rosa: Client) -> None:
    Endpoint.objects.filter(path_template="/v1/users").update(mismatches=1, errors=2)

    assert row_on(rosa.get(BOARD), USERS).spent_percent == 67


@pytest.mark.parametrize("times", [0, 40])
def test_too_little_evidence_is_a_verdict_of_its_own(rosa: Client, times: int) -> None:
    move(USERS, Stage.SHADOW)
    compared(USERS, times)

    page = rosa.get(BOARD)

    assert row_on(page, USERS).step.verdict == "insufficient evidence"
    assert "insufficient evidence to canary" in text_of(page)


def test_a_proven_endpoint_is_ready_for_its_next_step(rosa: Client) -> None:
    move(USERS, Stage.SHADOW)
    proven(USERS)

    assert "ready to canary" in text_of(rosa.get(BOARD))


def test_a_shadow_that_points_at_the_wrong_place_has_no_parity(rosa: Client) -> None:
    move(USERS, Stage.SHADOW)
    compared(USERS, 30, verdict="mismatch", django_status=200, edge_status=404)

    page = rosa.get(BOARD)

    assert row_on(page, USERS).step.verdict == "misconfigured"
    assert "misconfigured" in text_of(page)
    assert "0.0 %" not in text_of(page)


def test_parity_is_never_rounded_up_to_all(rosa: Client) -> None:
    move(USERS, Stage.SHADOW)
    compared(USERS, 1_999)
    compared(USERS, 1, verdict="mismatch")

    assert row_on(rosa.get(BOARD), USERS).parity == "99.9 %"


def test_calls_of_a_retired_view_are_an_alarm(rosa: Client) -> None:
    move(USERS, Stage.EDGE, ago=timedelta(days=3))
    move(USERS, Stage.RETIRED)
    assert row_on(rosa.get(BOARD), USERS).step.tone == "success"

    Endpoint.objects.filter(path_template="/v1/users").update(retired_calls=3)
    page = rosa.get(BOARD)

    assert row_on(page, USERS).step.tone == "danger"
    assert "3 calls though retired" in text_of(page)
    assert 'class="ep-alarming"' in page.content.decode()


def test_django_that_is_still_called_stands_in_the_way_of_retiring(rosa: Client) -> None:
    move(USERS, Stage.EDGE, ago=timedelta(days=3))
    Endpoint.objects.update(django_called_at=timezone.now())

    row = row_on(rosa.get(BOARD), USERS)

    assert row.step.verdict == "not possible"
    assert "Django still receives calls" in row.step.missing[0]


@pytest.mark.parametrize(
    ("stage", "lost", "verdict"),
    [
        (Stage.SHADOW, "is_on_edge", "gone from the edge"),
        (Stage.EDGE, "is_on_edge", "gone from the edge"),
        (Stage.SHADOW, "is_on_django", "gone from Django"),
    ],
)
def test_a_half_that_has_lost_its_endpoint_shows(
    rosa: Client, stage: Stage, lost: str, verdict: str
) -> None:
    move(USERS, stage)
    Endpoint.objects.filter(path_template="/v1/users").update(**{lost: False})

    assert row_on(rosa.get(BOARD), USERS).step.verdict == verdict


def test_the_board_sees_what_the_services_see_one_by_one(rosa: Client) -> None:
    move(USERS, Stage.CANARY, percent=5)
    move(NEW_USER, Stage.SHADOW)
    proven(USERS)
    compared(NEW_USER, 3, verdict="mismatch")
    had_calls(USERS, edge_calls=7, fell_back=1)

    page = rosa.get(BOARD)

    for name in (USERS, NEW_USER, STATEMENTS, PRODUCTS):
        evidence = rollout.evidence_for(
            name, Stage.CANARY, now=timezone.now(), store=stores.endpoints()
        )
        assert row_on(page, name).newest == run_now(evidence).stats


def test_the_board_can_be_searched(rosa: Client) -> None:
    found = groups_on(rosa.get(f"{BOARD}?q=POST+users"))
    nothing = rosa.get(f"{BOARD}?q=nowhere")

    assert found == {"django": ["POST /v1/users"]} | {stage.value: [] for stage in list(Stage)[1:]}
    assert "No endpoint matches" in text_of(nothing)


@pytest.mark.parametrize(
    "query", ["q=%00", "q=9999999999999999999999", "p=99", "o=1.-2.x", "e=1", "halves=x", "all="]
)
def test_any_address_of_the_board_is_answered(rosa: Client, query: str) -> None:
    assert rosa.get(f"{BOARD}?{query}", follow=True).status_code == 200


def test_an_empty_board_says_so(rosa: Client, no_endpoints: None) -> None:
    assert "0 left to move, of 0" in text_of(rosa.get(BOARD))


def test_the_menu_leads_to_the_board_for_who_may_see_it() -> None:
    viewer = logged_in("endpoints.view_endpoint")
    seller = logged_in("bookings.view_booking", username="ana")

    assert f'href="{BOARD}"' in viewer.get("/admin/").content.decode()
    assert f'href="{BOARD}"' not in seller.get("/admin/").content.decode()
    assert viewer.get(BOARD).status_code == 200
    assert seller.get(BOARD).status_code == 403


def test_a_longer_board_asks_no_more(rosa: Client) -> None:
    def questions() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert rosa.get(BOARD).status_code == 200
        return len(asked)

    def busy(*names: tuple[str, str]) -> None:
        for name in names:
            move(name, Stage.SHADOW)
            compared(name, 3)
            had_calls(name, django_calls=5, django_ms=100)

    busy(USERS)
    questions()  # Django remembers what it looks up once per process.
    few = questions()

    more = [("GET", f"/v1/things/{number}") for number in range(30)]
    register(*more)
    busy(*more)

    assert questions() == few
