"""A partner's books, made by hand: bookings of any status, month, price and refund."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from itertools import count
from typing import Any
from uuid import uuid4

from django.test import Client
from django.utils import timezone

from core_site import stores
from core_site.bookings.models import Booking
from core_site.catalog.models import Departure, Product
from shared_domain import partners
from shared_domain.partners import PartnerId
from shared_domain.run_now import run_now
from tests.harness.data import add_departure, add_partner, add_product
from tests.harness.responses import ClientResponse

_numbers = count(1)

CONFIRMED_AT = datetime(2026, 5, 2, 12, 0, tzinfo=UTC)


@dataclass
class Program:
    """A partner's program, asking Django for statements."""

    key: str
    client: Client = field(default_factory=Client)

    def get(self, path: str, **headers: str) -> ClientResponse:
        return self.client.get(path, headers={"authorization": f"Bearer {self.key}"} | headers)

    def statement(self, month: str) -> Any:
        answer = self.get(f"/v1/statements/{month}")
        assert answer.status_code == 200, answer.content
        return answer.json()

    def owed(self, month: str) -> dict[str, int]:
        return {total["currency"]: total["owedMinor"] for total in self.statement(month)["totals"]}


@dataclass
class Books:
    alice: PartnerId
    bob: PartnerId
    kayak: Product

    def departure(self, day: date) -> Departure:
        starts_at = datetime.combine(day, time(8, 30), tzinfo=UTC)
        known = Departure.objects.filter(local_date=day, option=self.kayak.options.get())
        return known.first() or add_departure(self.kayak, starts_at=starts_at)

    def enter(
        self, status: str = "CONFIRMED", *, on: str | None = "2026-07-14", **different: Any
    ) -> Booking:
        """Store a booking of Alice's for EUR 36.00 net, travelling ``on`` a day or on none."""
        number = next(_numbers)
        is_held = status in ("ON_HOLD", "EXPIRED")
        values = {
            "uuid": uuid4(),
            "partner_id": self.alice,
            "product": self.kayak,
            "option": self.kayak.options.get(),
            "departure": self.departure(date.fromisoformat(on)) if on else None,
            "status": status,
            "supplier_reference": f"PT-{number:06d}",
            "reseller_reference": f"ALICE-{number}",
            "reservation_fingerprint": bytes(32),
            "created_at": CONFIRMED_AT,
            "updated_at": CONFIRMED_AT,
            "hold_expires_at": CONFIRMED_AT if is_held else None,
            "confirmed_at": CONFIRMED_AT if status in ("CONFIRMED", "REDEEMED") else None,
            "sale_date": CONFIRMED_AT.date(),
            "contact": {"fullName": "Clara Duarte", "emailAddress": "clara@example.com"},
            "places": 0,
            "currency": "EUR",
            "original_minor": 5000,
            "retail_minor": 4500,
            "net_minor": 3600,
        }
        return Booking.objects.create(**values | different)

    def cancel(self, refund: str, **different: Any) -> Booking:
        """Store a booking that was confirmed, and cancelled; PARTIAL gave EUR 18.00 net back."""
        prices = {"retail_minor": 4500, "net_minor": 3600} | different
        retail_minor, net_minor = {
            "FULL": (prices["retail_minor"], prices["net_minor"]),
            "PARTIAL": (2250, 1800),
            "NONE": (0, 0),
        }[refund]
        values = {
            "confirmed_at": CONFIRMED_AT,
            "cancelled_at": CONFIRMED_AT,
            "cancellation_initiator": "PARTNER",
            "refund_retail_minor": retail_minor,
            "refund_net_minor": net_minor,
        }
        return self.enter("CANCELLED", cancellation_refund=refund, **values | different)


def open_books() -> Books:
    alice, bob = add_partner("alice"), add_partner("bob")
    kayak = add_product("kayak", partners=(alice, bob))
    return Books(alice, bob, kayak)


def program_of(partner_id: PartnerId, *, scope: str = "bookings:read", **mode: bool) -> Program:
    """Issue a key of the partner's, and return a program that uses it."""
    issued = run_now(
        partners.issue_key(
            partner_id,
            label="accounts",
            is_test=mode.get("is_test", False),
            scopes=[scope],
            expires_at=None,
            now=timezone.now(),
            store=stores.keys(),
        )
    )
    return Program(issued.secret)
