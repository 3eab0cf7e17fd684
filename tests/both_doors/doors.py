"""The same action through either door: a partner's program, or staff in the admin."""

import html
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
import psycopg
from psycopg.rows import dict_row

from shared_domain.catalog import ContactField
from tests.harness.clients import OctoClient, plain_browser

#: What the kayak's option demands of the lead guest.
LEAD_GUEST = {"firstName": "Clara", "lastName": "Duarte"}

#: What differs between any two bookings.
_OF_ITS_OWN = {
    "id", "uuid", "supplier_reference", "reservation_fingerprint", "voucher_code", "ticket_code",
    "booking_id", "departure_id", "position",
}  # fmt: skip


@dataclass
class StaffBrowser:
    """A browser of the admin: keeps cookies, sends forms with their tokens."""

    base_url: str
    client: httpx2.Client = field(init=False)

    def __post_init__(self) -> None:
        self.client = plain_browser(self.base_url, follow_redirects=True)

    def log_in(self, username: str, password: str) -> None:
        page = self.post("/admin/login/", username=username, password=password)
        assert "Log out" in page, "the login was refused"

    def post(self, path: str, **fields: str) -> str:
        """Open a page, send its form, and return the text of the page that follows."""
        answer = self._send(path, fields, follow_redirects=True)
        assert answer.status_code in (200, 400), answer.status_code
        return html.unescape(answer.text)

    def is_accepted(self, path: str, **fields: str) -> bool:
        """Open a page and send its form; return whether that leads on to another page.

        The other page is not opened: it takes as long as the rest.
        """
        answer = self._send(path, fields, follow_redirects=False)
        assert answer.status_code in (302, 400), answer.status_code
        return answer.status_code == 302

    def _send(
        self, path: str, fields: dict[str, str], *, follow_redirects: bool
    ) -> httpx2.Response:
        page = self.client.get(path)
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
        assert token, f"{path} shows no form"
        return self.client.post(
            page.url,
            data={"csrfmiddlewaretoken": token[1], **fields},
            headers={"Referer": str(page.url)},
            follow_redirects=follow_redirects,
        )


@dataclass
class Stack:
    """Both doors, and the rows behind them."""

    partner: OctoClient
    staff: StaffBrowser
    connection: "psycopg.Connection[Any]"
    #: What edge and Django have logged.
    logs: Path

    def row(self, uuid: str) -> dict[str, Any]:
        """Return what is stored of a booking and its tickets, save what is its own.

        Moments are told as known or not, and codes as there or not.
        """
        booking = self._rows("SELECT * FROM bookings_booking WHERE uuid = %s", uuid)[0]
        items = self._rows(
            "SELECT * FROM bookings_unititem WHERE booking_id = %s ORDER BY position",
            booking["id"],
        )
        return {
            "booking": _comparable(booking),
            "codes": [booking["voucher_code"] is not None]
            + [item["ticket_code"] is not None for item in items],
            "items": [_comparable(item) for item in items],
        }

    def events(self, uuid: str) -> list[tuple[str, Any]]:
        rows = self._rows("SELECT type, data FROM events_event WHERE booking_uuid = %s", uuid)
        return sorted((row["type"], str(row["data"])) for row in rows)

    def reserved(self, uuid: str) -> int:
        """Return how many places are taken on the booking's departure."""
        (row,) = self._rows(
            "SELECT reserved FROM catalog_departure JOIN bookings_booking AS booking"
            "    ON booking.departure_id = catalog_departure.id WHERE booking.uuid = %s",
            uuid,
        )
        return int(row["reserved"])

    def actor(self, uuid: str) -> dict[str, Any]:
        """Return who made the last change, as the history of the row has it."""
        rows = self._rows(
            "SELECT context.metadata FROM bookings_bookingevent AS history"
            "  LEFT JOIN pghistory_context AS context ON context.id = history.pgh_context_id"
            " WHERE history.uuid = %s ORDER BY history.pgh_id DESC LIMIT 1",
            uuid,
        )
        return dict(rows[0]["metadata"] or {})

    def admin_page(self, uuid: str, action: str) -> str:
        (row,) = self._rows("SELECT id FROM bookings_booking WHERE uuid = %s", uuid)
        return f"/admin/bookings/booking/{row['id']}/{action}"

    def change(self, uuid: str, assignment: str) -> None:
        """Bring a booking into a state that would take days to reach."""
        self.connection.execute(f"UPDATE bookings_booking SET {assignment} WHERE uuid = %s", [uuid])

    def _rows(self, statement: str, value: object) -> list[dict[str, Any]]:
        with self.connection.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(statement, [value]).fetchall()


class ThroughTheApi:
    """A partner's program."""

    def confirm(self, stack: Stack, uuid: str) -> str:
        return self._said(stack, f"/octo/bookings/{uuid}/confirm", {"contact": LEAD_GUEST})

    def cancel(self, stack: Stack, uuid: str) -> str:
        return self._said(stack, f"/octo/bookings/{uuid}/cancel", {"reason": "rain", "force": True})

    def _said(self, stack: Stack, path: str, body: object) -> str:
        answer = stack.partner.post(path, body)
        return "" if answer.status == 200 else answer.message


class ThroughTheAdmin:
    """A member of staff with a browser."""

    def confirm(self, stack: Stack, uuid: str) -> str:
        fields = {
            f"contact.{ContactField(name).attribute}": value for name, value in LEAD_GUEST.items()
        }
        return stack.staff.post(stack.admin_page(uuid, "confirm"), **fields)

    def cancel(self, stack: Stack, uuid: str) -> str:
        return stack.staff.post(stack.admin_page(uuid, "cancel"), reason="rain")


def _comparable(row: dict[str, Any]) -> dict[str, Any]:
    return {
        name: f"{type(value).__name__}"
        if name.endswith("_at") or isinstance(value, UUID)
        else value
        for name, value in row.items()
        if name not in _OF_ITS_OWN
    }
