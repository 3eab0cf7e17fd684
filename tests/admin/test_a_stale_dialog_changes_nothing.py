"""A page that asks for new values says so when others have set some since it was opened."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from core_site.catalog.models import Departure
from core_site.rollout import models as rollout_models
from core_site.rollout.admin_board.action_target import ActionTarget
from shared_domain.rollout import Endpoint, Stage
from tests.admin.endpoint_data import BUDGETS, USERS, move, page_of, register, row_of
from tests.admin.staff import Desk, page_of_departure, text_of
from tests.admin.staff import page_of as page_of_booking
from tests.harness.pages import context_of


@pytest.fixture
def _registered(db: None) -> None:
    register()


def opened(client: Client, path: str) -> dict[str, str]:
    """Open the page, and return what its button sends when nothing is filled in."""
    form = context_of(client, path)["form"]
    return {bound.html_name: str(bound.value()) for bound in form if bound.value() is not None}


CHANGED = "Nothing was changed: others changed this after you opened the page."


def test_the_capacity_of_a_departure(rosa: Client, desk: Desk) -> None:
    path = page_of_departure(desk.shop.departure, "resize")
    form = opened(rosa, path)
    rosa.post(path, opened(rosa, path) | {"capacity": "12"})

    page = rosa.post(path, form | {"capacity": "30"})

    assert f"{CHANGED} Capacity: 10 → 12." in text_of(page)
    assert Departure.objects.get().capacity == 12
    again = {bound.html_name: bound.value() for bound in page.context["form"]}
    assert again["capacity"] == "30"
    assert rosa.post(path, again).status_code == 302
    assert Departure.objects.get().capacity == 30


@pytest.mark.usefixtures("_registered")
def test_budgets_that_were_left_alone_follow(rosa: Client) -> None:
    path = page_of(USERS, "budgets")
    form = opened(rosa, path) | {"reason": "Mine"}
    rosa.post(path, opened(rosa, path) | BUDGETS | {"reason": "Theirs"})

    page = rosa.post(path, form | {"errors": "9"})

    assert f"{CHANGED} Differences: 5 → 7." in text_of(page)
    again = {bound.html_name: bound.value() for bound in page.context["form"]}
    assert (again["mismatches"], again["errors"], again["reason"]) == ("7", "9", "Mine")
    assert rosa.post(path, again).status_code == 302
    row = row_of(USERS)
    assert (row.most_mismatches, row.most_errors) == (7, 9)


@pytest.mark.usefixtures("_registered")
def test_budgets_that_the_page_does_not_show_stay_as_the_command_sets_them(
    rosa: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = page_of(USERS, "budgets")
    form = opened(rosa, path) | {"errors": "9", "reason": "Mine"}
    load_locked = ActionTarget.load_locked

    def load_after_the_command(target: ActionTarget) -> Endpoint:
        # It held the row when the request began.
        known = rollout_models.Endpoint.objects.filter(pk=target.row.pk)
        known.update(most_tail_ratio=7.5)
        return load_locked(target)

    monkeypatch.setattr(ActionTarget, "load_locked", load_after_the_command)
    assert rosa.post(path, form).status_code == 302
    row = row_of(USERS)
    assert (row.most_errors, row.most_tail_ratio) == (9, 7.5)


@pytest.mark.usefixtures("_registered")
def test_the_stage_of_an_endpoint(rosa: Client) -> None:
    move(USERS, Stage.SHADOW)
    path = page_of(USERS, "canary")
    form = opened(rosa, path) | {"percent": "10", "reason": "x", "is_forced": "on"}
    move(USERS, Stage.EDGE)

    page = rosa.post(path, form)

    assert f"{CHANGED} Stage: shadow → edge." in text_of(page)
    assert row_of(USERS).stage == "edge"


@pytest.mark.usefixtures("_registered")
def test_a_damaged_version_is_not_taken_for_a_good_one(rosa: Client) -> None:
    path = page_of(USERS, "budgets")

    page = rosa.post(path, BUDGETS | {"reason": "x", "page_version": "nonsense"})

    assert CHANGED in text_of(page)
    assert row_of(USERS).most_mismatches == 5


def test_the_amounts_of_a_cancellation(rosa: Client, desk: Desk) -> None:
    booking = desk.confirmed()
    path = page_of_booking(booking, "cancel")
    form = opened(rosa, path) | {"reason": "wind"}
    soon = timezone.now() + timedelta(hours=3)
    Departure.objects.update(cutoffs_count_from=soon)

    page = rosa.post(path, form)

    assert (
        f"{CHANGED} Refund by the rules: EUR 45.00 back to the guest, the partner owes EUR 0.00 → "
        "EUR 0.00 back to the guest, the partner owes EUR 36.00."
    ) in text_of(page)
    booking.refresh_from_db()
    assert booking.status == "CONFIRMED"
    again = {bound.html_name: bound.value() for bound in page.context["form"]}
    assert rosa.post(path, again).status_code == 302
    booking.refresh_from_db()
    assert booking.cancellation_refund == "NONE"


def test_a_redemption_sent_twice_uses_no_other_ticket(rosa: Client, desk: Desk) -> None:
    booking = desk.admissible("adult", "adult")
    first, second = booking.unit_items.all()
    path = page_of_booking(booking, "redeem")
    form = {"admit": "some", "tickets": [str(first.uuid)]}

    rosa.post(path, form)
    again = rosa.post(path, form)

    assert "The ticket that you chose was redeemed meanwhile." in text_of(again)
    second.refresh_from_db()
    assert second.redeemed_at is None
    assert rosa.post(path, {}).status_code == 302  # the form that the page then shows


def test_tickets_that_are_gone_are_said_in_words(rosa: Client, desk: Desk) -> None:
    booking = desk.admissible("adult", "adult", "adult")
    gone = {"admit": "some", "tickets": [str(booking.unit_items.all()[0].uuid)]}
    redeem, undo = (page_of_booking(booking, name) for name in ("redeem", "undo_redemption"))
    rosa.post(redeem, gone)

    assert "A ticket that you chose was changed meanwhile" in text_of(rosa.post(redeem, gone))
    rosa.post(undo, gone)
    assert "No ticket of this booking was used" in text_of(rosa.post(undo, gone))


def test_a_hold_that_ends_meanwhile(rosa: Client, desk: Desk) -> None:
    page = rosa.post(page_of_booking(desk.lapsed(), "extend"), {"minutes": "60"})

    assert "This booking is expired; only one that is on hold can be extended" in text_of(page)
    assert "lasts as long as it may" not in text_of(page)
