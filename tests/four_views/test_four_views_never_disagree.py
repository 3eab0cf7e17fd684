"""A statement, a mail, an API answer and a staff page never disagree about one booking.

Partner, staff, worker and time act in any order, each as they really would; after every step the
four are read and held against each other. ``PORTICO_LIFECYCLE_EXAMPLES=500`` looks longer, and
elsewhere each time.
"""

import os
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from tests.four_views.agreement import check_that_views_agree
from tests.four_views.business import GUEST, Business
from tests.octo.api import slot_on

LONGER = os.environ.get("PORTICO_LIFECYCLE_EXAMPLES")

SEARCH = settings(
    max_examples=int(LONGER or 25),
    stateful_step_count=10,
    # The normal run is the same every time, so that its verdict can be looked up by commit.
    derandomize=LONGER is None,
    deadline=None,
    database=None,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
)

#: Each product with the local time of its departures, and the tickets that it is booked for.
PRODUCTS = {
    "river-kayak": ("09:30", ["adult", "child", "family"]),
    "city-museum": ("00:00", ["adult", "adult"]),
    "private-sail": ("10:00", ["adult", "adult"]),
    "open-ticket": (None, ["adult", "adult", "adult"]),
}

_days_ahead = count()


def next_slot(product: str) -> str | None:
    """Return a departure of the product on a day of its own, for as long as there are days."""
    time, _ = PRODUCTS[product]
    if time is None:
        return None
    day = datetime.now(UTC) + timedelta(days=12 + next(_days_ahead) % 370)
    return slot_on(day.date().isoformat(), time)


class FourViews(RuleBasedStateMachine):
    """One booking after another, of any product; ``business`` is set by the test."""

    business: Business
    uuid = ""

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
        _, units = PRODUCTS[product]
        answer = self.business.reserve(product, next_slot(product), units)
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
            slot, units = next_slot(product), PRODUCTS[product][1]
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
        filled_in = {f"contact.{name}": value for name, value in GUEST.items()}
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

    # The worker and time

    @rule()
    def the_worker_does_what_is_due(self) -> None:
        self.business.work()
        assert not self.business.owes_mail(self.uuid)

    @rule(what=st.sampled_from(["hold_runs_out", "cancellation_cutoff_passes", "sale_ends"]))
    def time_passes(self, what: str) -> None:
        getattr(self.business, what)(self.uuid)

    @invariant()
    def the_four_agree(self) -> None:
        if self.uuid:
            check_that_views_agree(self.business.partner, self.business.staff, self.uuid)

    def answer(self) -> Any:
        return self.business.partner.get(f"/octo/bookings/{self.uuid}").body

    def tickets(self) -> list[str]:
        return [item["uuid"] for item in self.answer()["unitItems"]]


def test_the_four_views_agree(business: Business) -> None:
    machine = type("FourViewsOfABusiness", (FourViews,), {"business": business})

    run_state_machine_as_test(machine, settings=SEARCH)
