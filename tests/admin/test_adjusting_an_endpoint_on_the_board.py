"""Staff pin a partner to one side, and change what an endpoint may cost, with a reason."""

import pytest
from django.test import Client

from core_site.partners.models import Partner
from core_site.rollout.models import Pin, StageChange
from tests.admin.endpoint_data import BUDGETS, USERS, page_of, register, row_of, stored
from tests.admin.staff import text_of


@pytest.fixture(autouse=True)
def _registered(db: None) -> None:
    register()


def test_a_partner_is_pinned_and_let_go_again(rosa: Client) -> None:
    partner = Partner.objects.create(code="norte", name="Norte", email="a@b.example")

    for side, pins in (("django", ["django"]), ("edge", ["edge"]), ("none", [])):
        form = {"partner": partner.pk, "side": side, "reason": "They asked"}
        page = rosa.post(page_of(USERS, "pin"), form, follow=True)
        assert list(Pin.objects.values_list("side", flat=True)) == pins
        assert (" on " in text_of(page)) == bool(pins)

    assert StageChange.objects.first().reason == (
        f"They asked (partner {partner.pk} no longer pinned)"
    )


@pytest.mark.parametrize("form", [{"side": "edge"}, {"partner": "999"}, {"side": "neither"}])
def test_a_pin_of_an_unknown_partner_or_side_is_explained(
    rosa: Client, form: dict[str, str]
) -> None:
    page = rosa.post(page_of(USERS, "pin"), form | {"reason": "x"})

    assert page.status_code == 400
    assert not Pin.objects.exists()


def test_budgets_and_the_share_that_is_compared_are_changed(rosa: Client) -> None:
    assert 'value="5"' in rosa.get(page_of(USERS, "budgets")).content.decode()

    rosa.post(page_of(USERS, "budgets"), BUDGETS | {"reason": "Stricter"})

    row = row_of(USERS)
    assert (row.most_mismatches, row.most_errors, row.most_latency_ratio) == (7, 2, 1.5)
    assert (row.sample_percent, row.guarded_calls, row.guarded_percent) == (25, 40, 9)
    assert "before: 5 mismatches" in StageChange.objects.first().reason


@pytest.mark.parametrize("field", list(BUDGETS))
@pytest.mark.parametrize("value", ["-1", "", "much", "9e99"])
def test_a_bad_budget_is_explained(rosa: Client, field: str, value: str) -> None:
    before = stored()

    page = rosa.post(page_of(USERS, "budgets"), BUDGETS | {field: value, "reason": "x"})

    assert page.status_code == 400
    assert stored() == before
