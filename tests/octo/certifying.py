"""One run of a validator such as OCTO's public one: what a partner's certification books.

It takes the first product with departures and the first with opening hours, their default option
and its adults, and the first dates on offer. A run reserves about 50 places of one slot.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from tests.harness.clients import CLARA, Answer, OctoClient

DAYS_ON_OFFER = 30

#: A hold ends with the sale of its slot: nothing is proved about extensions shortly before.
LONGEST_RUN = timedelta(hours=5)

#: Parties of the bookings on one slot, at most five as the validator's are.
PARTIES = (5, 5, 5, 5, 5, 5, 5, 5, 5, 5)


@dataclass(frozen=True)
class Certification:
    """A run by one partner with the capabilities asked for.

    ``is_checked``: every answer is held against the schemas, which takes longer than the run.
    ``parties``: those of the bookings on one slot; five meet each kind of step once.
    """

    partner: OctoClient
    capabilities: str
    is_checked: bool
    parties: tuple[int, ...] = PARTIES

    def run(self) -> int:
        """Book, hold for longer, change, confirm and cancel; return the places reserved."""
        assert self.get("/octo/supplier")["name"]
        products = self.get("/octo/products")
        return sum(
            self.certify(first_of_type(products, kind)) for kind in ("START_TIME", "OPENING_HOURS")
        )

    def certify(self, product: dict[str, Any]) -> int:
        assert self.get(f"/octo/products/{product['id']}")["id"] == product["id"]
        shelf = Shelf(self, product)
        self.meet_refusals(shelf)
        steps = self.steps(shelf)
        for party in self.parties:
            next(steps)(party)
        return sum(self.parties)

    def steps(self, shelf: "Shelf") -> Iterator[Any]:
        """Yield what is done with each booking, one kind after the other."""
        while True:
            yield lambda party: self.cancelled(self.held(shelf, party), "hold given up")
            yield lambda party: self.confirmed(self.extended(self.held(shelf, party)))
            yield lambda party: self.cancelled(self.confirmed(self.held(shelf, party)), "rain")
            yield lambda party: self.confirmed(self.moved(self.held(shelf, party), shelf))
            yield lambda party: self.moved(self.confirmed(self.held(shelf, party)), shelf)

    def held(self, shelf: "Shelf", party: int) -> dict[str, Any]:
        slot, wish = shelf.first, shelf.reservation(shelf.first, party)
        left = shelf.vacancies(slot)

        booking = self.post("/octo/bookings", wish)

        assert (booking["status"], booking["uuid"]) == ("ON_HOLD", wish["uuid"])
        assert (booking["availabilityId"], len(booking["unitItems"])) == (slot, party)
        assert shelf.vacancies(slot) == left - party
        assert self.post("/octo/bookings", wish) == booking
        return self.found(booking)

    def extended(self, booking: dict[str, Any]) -> dict[str, Any]:
        after = self.post(f"{path_of(booking)}/extend", {"expirationMinutes": 45})

        assert after["utcExpiresAt"] > booking["utcExpiresAt"]
        return self.found(after)

    def moved(self, booking: dict[str, Any], shelf: "Shelf") -> dict[str, Any]:
        """Move to the next slot, and then bring one guest more."""
        unit_id = booking["unitItems"][0]["unitId"]
        moved = self.patch(path_of(booking), {"availabilityId": shelf.second})
        items = [{"uuid": item["uuid"], "unitId": unit_id} for item in moved["unitItems"]]
        after = self.patch(path_of(booking), {"unitItems": [*items, {"unitId": unit_id}]})

        assert (moved["availabilityId"], after["status"]) == (shelf.second, booking["status"])
        assert len(after["unitItems"]) == len(booking["unitItems"]) + 1
        return self.found(after)

    def confirmed(self, booking: dict[str, Any]) -> dict[str, Any]:
        reference = f"VALIDATOR-{booking['uuid']}"
        wish = {"contact": CLARA, "resellerReference": reference}
        after = self.post(f"{path_of(booking)}/confirm", wish)

        assert after["status"] == "CONFIRMED"
        assert self.post(f"{path_of(booking)}/confirm", wish) == after
        assert self.get(f"/octo/bookings?resellerReference={reference}") == [after]
        return self.found(after)

    def cancelled(self, booking: dict[str, Any], reason: str) -> dict[str, Any]:
        assert booking["cancellable"] is True
        after = self.post(f"{path_of(booking)}/cancel", {"reason": reason})

        assert after["status"] == "CANCELLED"
        assert (after["cancellation"]["refund"], after["cancellation"]["reason"]) == (
            "FULL",
            reason,
        )
        return self.found(after)

    def found(self, booking: dict[str, Any]) -> dict[str, Any]:
        assert self.get(path_of(booking)) == booking
        return booking

    def meet_refusals(self, shelf: "Shelf") -> None:
        """Ask for what does not exist: each answer says so, and nothing is booked."""
        wish = shelf.reservation(shelf.first, 1)
        for different, code in (
            ({"productId": "invalidProductId"}, "INVALID_PRODUCT_ID"),
            ({"optionId": "invalidOptionId"}, "INVALID_OPTION_ID"),
            ({"availabilityId": "invalidAvailabilityId"}, "INVALID_AVAILABILITY_ID"),
            ({"unitItems": [{"unitId": "invalidUnitId"}]}, "INVALID_UNIT_ID"),
            ({"unitItems": []}, "UNPROCESSABLE_ENTITY"),
        ):
            assert self.send("POST", "/octo/bookings", wish | different).error == code
        assert self.send("GET", f"/octo/bookings/{wish['uuid']}").error == "INVALID_BOOKING_UUID"

    def get(self, path: str) -> Any:
        return body_of(self.send("GET", path))

    def post(self, path: str, body: object) -> Any:
        return body_of(self.send("POST", path, body))

    def patch(self, path: str, body: object) -> Any:
        return body_of(self.send("PATCH", path, body))

    def send(self, method: str, path: str, body: object = None) -> Answer:
        return self.partner.send(
            method, path, body, checked=self.is_checked, Octo_Capabilities=self.capabilities
        )


class Shelf:
    """A product as the run buys from it: its default option, its adults, its first two slots."""

    def __init__(self, run: Certification, product: dict[str, Any]) -> None:
        self._run = run
        option = next(option for option in product["options"] if option["default"])
        units = option["units"]
        self._unit = next((unit for unit in units if unit["type"] == "ADULT"), units[0])
        self._asked = {"productId": product["id"], "optionId": option["id"]}
        self.first, self.second = self._first_two()

    def _first_two(self) -> list[str]:
        now = datetime.now(UTC)
        dates = {
            "localDateStart": now.date().isoformat(),
            "localDateEnd": (now.date() + timedelta(days=DAYS_ON_OFFER)).isoformat(),
        }
        slots = self._run.post("/octo/availability", self._asked | dates)
        days = self._run.post("/octo/availability/calendar", self._asked | dates)
        is_offered = {day["localDate"]: day["available"] for day in days}
        assert {slot["localDateTimeStart"][:10] for slot in slots if slot["available"]} == {
            day for day, is_open in is_offered.items() if is_open
        }
        latest = f"{now + LONGEST_RUN:%Y-%m-%dT%H:%M:%SZ}"
        return [slot["id"] for slot in slots if slot["available"] and slot["utcCutoffAt"] > latest][
            :2
        ]

    def vacancies(self, slot_id: str) -> int:
        (slot,) = self._run.post("/octo/availability", self._asked | {"availabilityIds": [slot_id]})
        return int(slot["vacancies"])

    def reservation(self, slot_id: str, party: int) -> dict[str, Any]:
        return self._asked | {
            "uuid": str(uuid4()),
            "availabilityId": slot_id,
            "unitItems": [{"unitId": self._unit["id"]}] * party,
            "expirationMinutes": 30,
        }


def first_of_type(products: list[dict[str, Any]], kind: str) -> dict[str, Any]:
    return next(product for product in products if product["availabilityType"] == kind)


def path_of(booking: dict[str, Any]) -> str:
    return f"/octo/bookings/{booking['uuid']}"


def body_of(answer: Answer) -> Any:
    assert answer.status == 200, answer.body
    return answer.body
