"""One booking as its four readers see it: partner, accountant, guest, staff."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from html import unescape
from typing import Any

from django.core import mail
from django.test import Client

from core_site.bookings.models import Booking
from tests.harness.clients import OctoClient

PRICED = {"Octo_Capabilities": "octo/pricing"}

_CELL = r'<td data-label="(.*?)".*?>(.*?)</td>'

_DECIMALS = {"EUR": 2, "GBP": 2, "JPY": 0}


def money(amount_minor: int, currency: str) -> str:
    """Write an amount as people do: ``EUR 45.00``, ``JPY 60,000``."""
    decimals = _DECIMALS[currency]
    return f"{currency} {amount_minor / 10**decimals:,.{decimals}f}"


def minor_units(text: str) -> int:
    """Read the amount that a text shows, as ``money`` writes it."""
    found = re.search(r"[A-Z]{3} ([0-9,]+)(?:\.([0-9]+))?", text)
    assert found is not None, text
    return int(found[1].replace(",", "") + (found[2] or ""))


@dataclass(frozen=True)
class PartnersView:
    """What ``GET /octo/bookings/{uuid}`` answers."""

    answer: Any

    @property
    def status(self) -> str:
        return str(self.answer["status"])

    @property
    def refund(self) -> str | None:
        cancellation = self.answer["cancellation"]
        return None if cancellation is None else str(cancellation["refund"])

    @property
    def starts_at(self) -> datetime | None:
        """The local start, with its offset; None without a date."""
        slot = self.answer["availability"]
        return None if slot is None else datetime.fromisoformat(slot["localDateTimeStart"])

    @property
    def is_of_a_whole_day(self) -> bool:
        return bool(self.answer["availability"] and self.answer["availability"]["openingHours"])

    @property
    def zone(self) -> str:
        return str(self.answer["product"]["timeZone"])

    @property
    def tickets(self) -> list[str]:
        return [item["supplierReference"] for item in self.answer["unitItems"]]

    @property
    def used_tickets(self) -> list[str]:
        return [
            item["supplierReference"]
            for item in self.answer["unitItems"]
            if item["utcRedeemedAt"] is not None
        ]

    @property
    def codes(self) -> set[str]:
        """Every code that admits now."""
        tickets = [self.answer["voucher"], *(item["ticket"] for item in self.answer["unitItems"])]
        return {
            option["deliveryValue"]
            for ticket in tickets
            if ticket is not None
            for option in ticket["deliveryOptions"]
        }

    @property
    def currency(self) -> str:
        return str(self.answer["pricing"]["currency"])

    def amount(self, name: str) -> int:
        return int(self.answer["pricing"][name])


@dataclass(frozen=True)
class StaffsView:
    """What the booking's page in the admin shows: each fact by its label, and the tickets.

    A ticket is a row of the table of tickets, by the titles of its columns; a column that no
    ticket fills is left out.
    """

    status: str
    facts: dict[str, str]
    tickets: list[dict[str, str]]

    @property
    def prices(self) -> list[str]:
        """Original, retail and net; the original is shown where it differs from the retail."""
        retail = self.facts["Price for the guest"]
        original = self.facts.get("Before discounts", retail)
        return [original, retail, self.facts["The partner owes for it"]]


@dataclass(frozen=True)
class GuestsView:
    """The last mail that the guest got."""

    body: str

    @property
    def when(self) -> str:
        """The time that the mail says: of tickets, or of a departure that has moved."""
        found = re.search(r"^(?:When|From now on): (.*)$", self.body, re.MULTILINE)
        assert found is not None, self.body
        return found[1]

    @property
    def codes(self) -> set[str]:
        return set(re.findall(r": ([0-9A-Z]{16})$", self.body, re.MULTILINE))


def partners_view(partner: OctoClient, uuid: str) -> PartnersView:
    answer = partner.get(f"/octo/bookings/{uuid}", **PRICED)
    assert answer.status == 200, answer.body
    return PartnersView(answer.body)


def staffs_view(staff: Client, row: Booking) -> StaffsView:
    page = staff.get(f"/admin/bookings/booking/{row.pk}/change/")
    assert page.status_code == 200
    html = page.content.decode()
    panels = dict(re.findall(r'labelledby="panel-(\w+)">(.*?)</section>', html, re.DOTALL))
    rows = re.findall(r"<tr>(.*?)</tr>", panels["tickets"].partition("<tbody>")[2], re.DOTALL)
    tickets = [
        {label: _text(cell) for label, cell in re.findall(_CELL, row, re.DOTALL)} for row in rows
    ]
    head = html.partition("<header class")[2].partition("</header>")[0]
    facts = re.findall(r"<dt>(.*?)</dt>\s*<dd.*?>(.*?)</dd>", head + panels["money"], re.DOTALL)
    return StaffsView(
        status=page.context["head"]["status"],
        facts={_text(label): _text(text) for label, text in facts},
        tickets=tickets,
    )


def guests_view(reference: str) -> GuestsView | None:
    """Return the last mail about this booking; None when the guest got none."""
    bodies = [str(sent.body) for sent in mail.outbox if f"Booking: {reference}\n" in sent.body]
    return GuestsView(bodies[-1]) if bodies else None


def statement_line(accountant: Client, key: str, month: str, uuid: str) -> Any:
    """Return the booking's line in the month's statement; None when it has none."""
    answer = accountant.get(f"/v1/statements/{month}", headers={"authorization": f"Bearer {key}"})
    assert answer.status_code == 200, answer.content
    lines = [line for line in answer.json()["lines"] if line["uuid"] == uuid]
    assert len(lines) <= 1
    return lines[0] if lines else None


def month_of(day: date) -> str:
    return f"{day:%Y-%m}"


def _text(contents: object) -> str:
    without_tags = re.sub(r"<[^>]+>", " ", str(contents))
    return " ".join(unescape(without_tags).split())
