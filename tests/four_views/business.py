"""The partner, the staff, the worker and time itself: all that may change a booking."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import time, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.test import Client
from django.utils import timezone
from psycopg.conninfo import conninfo_to_dict

from core_site.bookings.jobs import release_lapsed_holds
from core_site.bookings.models import Booking
from core_site.catalog.departure_generation import generate_departures
from core_site.catalog.models import Departure, Option
from core_site.messages.jobs import send_move_notices, send_tickets
from shared_domain.availability import WithGuests
from tests.admin.staff import logged_in, page_of
from tests.harness.clients import Answer, OctoClient
from tests.harness.committed_data import populate
from tests.harness.databases import CommittedDatabase
from tests.harness.responses import ClientResponse
from tests.harness.servers import running_bare_edge

GUEST = {
    "firstName": "Clara",
    "lastName": "Duarte",
    "emailAddress": "clara.duarte@example.com",
}

#: Days from the twelfth on for which departures exist.
DAYS_ON_SALE = 370

_days_ahead = count()


@dataclass(frozen=True)
class Business:
    """Partner, staff and worker; each action is a request as it would really be sent."""

    edge_port: int
    key: str
    staff: Client

    @property
    def partner(self) -> OctoClient:
        """Return the partner's program, on a connection of its own: the edge closes idle ones."""
        return OctoClient(self.edge_port, self.key)

    def free_slot(self, product: str) -> str | None:
        """Return a departure on a day that no other booking is on; None for an undated product."""
        if product == "open-ticket":
            return None
        for _ in range(DAYS_ON_SALE):
            day = (
                (timezone.now() + timedelta(days=12 + next(_days_ahead) % DAYS_ON_SALE))
                .date()
                .isoformat()
            )
            question = {
                "productId": product,
                "optionId": "DEFAULT",
                "localDateStart": day,
                "localDateEnd": day,
            }
            slots = self.partner.post("/octo/availability", question).body
            if free := [slot["id"] for slot in slots if slot["status"] == "AVAILABLE"]:
                return str(free[0])
        raise LookupError(f"{product} has no free departure on any day")

    def reserve(self, product: str, availability_id: str | None, units: list[str]) -> Answer:
        body = {
            "productId": product,
            "optionId": "DEFAULT",
            "unitItems": [{"unitId": unit} for unit in units],
        }
        if availability_id is not None:
            body["availabilityId"] = availability_id
        return self.partner.post("/octo/bookings", body)

    def ask(self, uuid: str, action: str, body: Any) -> Answer:
        """Send a partner's request about a booking; its refusals are answers too."""
        if action == "change":
            return self.partner.patch(f"/octo/bookings/{uuid}", body)
        return self.partner.post(f"/octo/bookings/{uuid}/{action}", body)

    def press(self, uuid: str, button: str, **fields: Any) -> ClientResponse:
        """Send the form of a page in the admin; a page that says no is an answer too."""
        answer = self.staff.post(page_of(Booking.objects.get(uuid=uuid), button), fields)
        assert answer.status_code in (302, 400), answer.status_code
        return answer

    def work(self) -> None:
        """Let the worker do all that is due."""
        release_lapsed_holds()
        send_tickets()
        send_move_notices()

    def schedule_moves(self, uuid: str, hour: int) -> None:
        """Let every departure of the booking's option start at this hour, and take guests along."""
        option = Option.objects.get(bookings__uuid=uuid)
        schedule = option.schedules.get()
        if not schedule.start_times:
            return
        with transaction.atomic():
            schedule.start_times = [
                time(hour + number, 15) for number in range(len(schedule.start_times))
            ]
            schedule.save()
            generate_departures(option, now=timezone.now(), with_guests=WithGuests.MOVE)

    def hold_runs_out(self, uuid: str) -> None:
        a_moment_ago = timezone.now() - timedelta(seconds=1)
        Booking.objects.filter(uuid=uuid, status="ON_HOLD").update(hold_expires_at=a_moment_ago)

    def cancellation_cutoff_passes(self, uuid: str) -> None:
        """Bring the departure within the day in which cancelling is late, but not yet its sale."""
        soon = timezone.now() + timedelta(hours=5)
        Departure.objects.filter(bookings__uuid=uuid).update(cutoffs_count_from=soon)

    def sale_ends(self, uuid: str) -> None:
        a_moment_ago = timezone.now() - timedelta(seconds=1)
        Departure.objects.filter(bookings__uuid=uuid).update(booking_cutoff_at=a_moment_ago)

    def terms_change(self, percent: int) -> None:
        """Change what late guests get back; of what was cancelled before, nothing may follow."""
        for option in Option.objects.all():
            option.late_refund_percent = percent
            option.save()

    def toggle_departure(self, uuid: str, is_open: bool) -> None:
        Departure.objects.filter(bookings__uuid=uuid).update(is_open=is_open)


@contextmanager
def open_business(database: CommittedDatabase, log: Path) -> Iterator[Business]:
    """Fill a database, start an edge on it, and turn Django's connection to it."""
    keys = populate(database.owner_url)
    usual = connections[DEFAULT_DB_ALIAS]
    ours = usual.copy()
    ours.settings_dict["NAME"] = conninfo_to_dict(database.owner_url)["dbname"]
    del ours.settings_dict["OPTIONS"]["pool"]
    connections[DEFAULT_DB_ALIAS] = ours
    try:
        Option.objects.update(allows_late_cancellation=True, late_refund_percent=35)
        with running_bare_edge(database, log) as port:
            yield Business(port, keys.live, logged_in())
    finally:
        ours.close()
        connections[DEFAULT_DB_ALIAS] = usual
