"""A statement, a mail, an API answer and a staff page never disagree about one booking.

Partner, staff, worker and time act in any order, each as they really would; after every step the
four are read and held against each other. ``--long`` looks ten times as long;
``PORTICO_LIFECYCLE_EXAMPLES=500`` looks longer still, and elsewhere each time.
"""

import os
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from core_site.bookings.models import Booking
from shared_domain.catalog import ContactField
from tests.four_views.agreement import check_that_views_agree, owes_mail
from tests.four_views.business import GUEST, Business
from tests.four_views.views import PartnersView

LONGER = os.environ.get("PORTICO_LIFECYCLE_EXAMPLES")

SEARCH = settings(
    max_examples=int(LONGER or 3),
    stateful_step_count=10,
    # The normal run is the same every time, so that its verdict can be looked up by commit.
    derandomize=LONGER is None,
    deadline=None,
    database=None,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
)

#: The tickets that each product is booked for.
PRODUCTS = {
    "river-kayak": ["adult", "child", "family"],
    "city-museum": ["adult", "adult"],
    "private-sail": ["adult", "adult"],
    "open-ticket": ["adult", "adult", "adult"],
}


class FourViews(RuleBasedStateMachine):
    """One booking after another, of any product; ``business`` is set by the test."""

    business: Business
    uuid = ""
    seen: PartnersView

    @initialize(
        product=st.sampled_from(sorted(PRODUCTS)),
        then=st.sampled_from([None, "cancellation_cutoff_passes", "is_redeemed"]),
    )
    def a_booking_is_confirmed(self, product: str, then: str | None) -> None:
        """Reserve and confirm, with the tickets sent to the guest, and perhaps used."""
        self.another_booking(product)
        self.partner_confirms(wants_mail=True)
        self.business.work()
        if then == "is_redeemed":
            self.staff_redeem(insists=True, all_of_them=product != "river-kayak")
        elif then is not None:
            self.time_passes(then)

    @rule(product=st.sampled_from(sorted(PRODUCTS)))
    def another_booking(self, product: str) -> None:
        slot = self.business.free_slot(product)
        answer = self.business.reserve(product, slot, PRODUCTS[product])
        assert answer.status == 200, answer.body
        self.uuid = answer.body["uuid"]

    # The partner

    @rule(wants_mail=st.booleans())
    def partner_confirms(self, wants_mail: bool) -> None:
        self.business.ask(self.uuid, "confirm", {"contact": GUEST, "emailReceipt": wants_mail})

    @rule(minutes=st.sampled_from([1, 60, 100_000]))
    def partner_extends(self, minutes: int) -> None:
        self.business.ask(self.uuid, "extend", {"expirationMinutes": minutes})

    @rule(product=st.sampled_from([None, None, *sorted(PRODUCTS)]))
    def partner_changes(self, product: str | None) -> None:
        """Move to another day or product; or, with None, give a ticket back."""
        body: dict[str, Any]
        if product is None:
            kept = self.answer()["unitItems"][:-1]
            items = [{"uuid": item["uuid"], "unitId": item["unitId"]} for item in kept]
            body = {"unitItems": items}
        else:
            slot, units = self.business.free_slot(product), PRODUCTS[product]
            body = {
                "productId": product,
                "optionId": "DEFAULT",
                "unitItems": [{"unitId": unit} for unit in units],
                **({} if slot is None else {"availabilityId": slot}),
            }
        self.business.ask(self.uuid, "change", body)

    @rule(force=st.booleans())
    def partner_cancels(self, force: bool) -> None:
        self.business.ask(self.uuid, "cancel", {"reason": "ill", "force": force})

    # Staff

    @rule(button=st.sampled_from(["accept", "reject", "resend", "confirm"]))
    def staff_press_a_button(self, button: str) -> None:
        filled_in = {
            f"contact.{ContactField(name).attribute}": value for name, value in GUEST.items()
        }
        self.business.press(self.uuid, button, **(filled_in if button == "confirm" else {}))

    @rule(
        refund=st.sampled_from(["FULL", "BY_THE_RULES", "BY_THE_RULES", "NONE"]),
        initiator=st.sampled_from(["PARTNER", "PARTNER", "SUPPLIER"]),
    )
    def staff_cancel(self, refund: str, initiator: str) -> None:
        self.business.press(self.uuid, "cancel", reason="wind", refund=refund, initiator=initiator)

    @rule(insists=st.sampled_from([True, True, False]), all_of_them=st.booleans())
    def staff_redeem(self, insists: bool, all_of_them: bool) -> None:
        chosen: dict[str, Any] = {"admit": "all"}
        if not all_of_them:
            chosen = {"admit": "some", "tickets": self.tickets()[:1]}
        if insists:
            chosen["on_any_day"] = "on"
        self.business.press(self.uuid, "redeem", **chosen)

    @rule(how_many=st.integers(1, 3))
    def staff_undo_a_redemption(self, how_many: int) -> None:
        self.business.press(self.uuid, "undo_redemption", tickets=self.tickets()[:how_many])

    @rule(percent=st.sampled_from([0, 33, 100]), is_open=st.booleans())
    def staff_change_what_is_sold(self, percent: int, is_open: bool) -> None:
        """Change the terms of every option; close this booking's departure, or open it again."""
        self.business.terms_change(percent)
        self.business.toggle_departure(self.uuid, is_open)

    @rule(hour=st.integers(7, 9))
    def staff_move_the_departures(self, hour: int) -> None:
        self.business.schedule_moves(self.uuid, hour)

    # The worker and time

    @rule()
    def the_worker_does_what_is_due(self) -> None:
        self.business.work()
        assert not owes_mail(Booking.objects.get(uuid=self.uuid))

    @rule(what=st.sampled_from(["hold_runs_out", "cancellation_cutoff_passes", "sale_ends"]))
    def time_passes(self, what: str) -> None:
        getattr(self.business, what)(self.uuid)

    @invariant()
    def the_four_agree(self) -> None:
        if self.uuid:
            self.seen = check_that_views_agree(
                self.business.partner, self.business.staff, self.uuid
            )

    def answer(self) -> Any:
        return self.business.partner.get(f"/octo/bookings/{self.uuid}").body

    def tickets(self) -> list[str]:
        return [item["uuid"] for item in self.answer()["unitItems"]]


Story = list[tuple[Callable[..., None], dict[str, Any]]]

LATE: Story = [(FourViews.time_passes, {"what": "cancellation_cutoff_passes"})]
WORK: Story = [(FourViews.the_worker_does_what_is_due, {})]

#: Lives that a search need not find by chance: the product, what happens, how it ends.
STORIES: dict[str, tuple[str, Story, tuple[str, str | None]]] = {
    "a party that shrinks, moves and falls ill too late": (
        "river-kayak",
        [
            (FourViews.partner_changes, {"product": None}),
            *WORK,
            (FourViews.partner_changes, {"product": "river-kayak"}),
            *WORK,
            (FourViews.staff_change_what_is_sold, {"percent": 35, "is_open": True}),
            *LATE,
            (FourViews.staff_cancel, {"refund": "BY_THE_RULES", "initiator": "PARTNER"}),
            (FourViews.staff_change_what_is_sold, {"percent": 100, "is_open": False}),
        ],
        ("CANCELLED", "PARTIAL"),
    ),
    "a partner who cancels too late": (
        "city-museum",
        [
            (FourViews.staff_change_what_is_sold, {"percent": 33, "is_open": True}),
            *LATE,
            (FourViews.partner_cancels, {"force": True}),
            (FourViews.partner_cancels, {"force": False}),
        ],
        ("CANCELLED", "PARTIAL"),
    ),
    "wind": (
        "river-kayak",
        [*LATE, (FourViews.staff_cancel, {"refund": "BY_THE_RULES", "initiator": "SUPPLIER"})],
        ("CANCELLED", "FULL"),
    ),
    "a refund that staff refuse": (
        "open-ticket",
        [(FourViews.staff_cancel, {"refund": "NONE", "initiator": "PARTNER"})],
        ("CANCELLED", "NONE"),
    ),
    "a charter that staff accept, and keep the money of": (
        "private-sail",
        [
            (FourViews.staff_press_a_button, {"button": "accept"}),
            *WORK,
            (FourViews.staff_cancel, {"refund": "NONE", "initiator": "SUPPLIER"}),
        ],
        ("CANCELLED", "NONE"),
    ),
    "a scan that was a mistake": (
        "river-kayak",
        [
            (FourViews.staff_redeem, {"insists": False, "all_of_them": True}),
            (FourViews.staff_redeem, {"insists": True, "all_of_them": False}),
            (FourViews.staff_undo_a_redemption, {"how_many": 1}),
            (FourViews.staff_redeem, {"insists": True, "all_of_them": True}),
            (FourViews.staff_undo_a_redemption, {"how_many": 2}),
            (FourViews.staff_redeem, {"insists": True, "all_of_them": True}),
        ],
        ("REDEEMED", None),
    ),
    "a departure that moves with its guests": (
        "river-kayak",
        [
            (FourViews.staff_move_the_departures, {"hour": 8}),
            *WORK,
            (FourViews.partner_changes, {"product": "river-kayak"}),
            *WORK,
        ],
        ("CONFIRMED", None),
    ),
}


@pytest.mark.parametrize("story", STORIES)
def test_in_every_life_of_note(business: Business, story: str) -> None:
    product, steps, ending = STORIES[story]
    life = FourViews()
    life.business = business
    life.a_booking_is_confirmed(product, None)
    life.the_four_agree()

    for step, choices in steps:
        step(life, **choices)
        life.the_four_agree()

    assert (life.seen.status, life.seen.refund) == ending


@pytest.mark.parametrize("times", [1, pytest.param(10, marks=pytest.mark.long)])
def test_in_any_order_of_steps(business: Business, times: int) -> None:
    machine = type("FourViewsOfABusiness", (FourViews,), {"business": business})

    examples = SEARCH.max_examples * times
    run_state_machine_as_test(machine, settings=settings(SEARCH, max_examples=examples))
