"""The actions of the manifest's buttons: each names a service, a booking and a ticket."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from django.utils import timezone

from core_site import stores
from core_site.staff_messages import AdminRefused
from core_site.transactions import in_one_transaction
from shared_domain import manifest
from shared_domain.availability import DepartureId
from shared_domain.bookings import BookingId
from shared_domain.manifest import GuestParty, MarkKind
from shared_domain.run_now import run_now

#: What each button is called in the log of the admin.
SAID = {
    "check_in": "Checked in.",
    "undo_check_in": "Check-in undone.",
    "late": "Marked as late.",
    "no_show": "Marked as no-show.",
    "expected": "Expected again.",
}

#: PostgreSQL's largest bigint.
_LARGEST_ID = 2**63 - 1


@dataclass(frozen=True)
class Order:
    """The action of a pressed button, with its booking, and its ticket (None for all of them)."""

    do: str
    booking_id: BookingId
    ticket_uuid: UUID | None

    @classmethod
    def parse(cls, value: str) -> "Order":
        """Parse the value of a button: ``check_in:7:`` or ``no_show:7:<uuid of the ticket>``.

        Raises:
            AdminRefused: no button has this value.
        """
        do, _, rest = value.partition(":")
        booking, _, ticket = rest.partition(":")
        try:
            booking_id, ticket_uuid = int(booking), UUID(ticket) if ticket else None
        except ValueError:
            raise AdminRefused("press a button of the manifest; this one is unknown") from None
        if do not in SAID or not 0 < booking_id <= _LARGEST_ID:
            raise AdminRefused("press a button of the manifest; this one is unknown")
        return cls(do, BookingId(booking_id), ticket_uuid)

    def carry_out(
        self, departure_id: DepartureId, *, by: str, noting: Callable[[GuestParty], object]
    ) -> None:
        """Call the action's service in a transaction, in which ``noting`` is called as well.

        Raises:
            Refused: the service refused, or the row was locked for too long.
        """
        service = _services(by)[self.do]

        def change() -> None:
            now = timezone.now()
            party = run_now(
                service(
                    self.booking_id,
                    self.ticket_uuid,
                    departure_id=departure_id,
                    now=now,
                    store=stores.manifest(),
                )
            )
            noting(party)

        in_one_transaction(change)


def _services(by: str) -> Mapping[str, Callable[..., Any]]:
    return {
        "check_in": partial(manifest.check_in, booking_store=stores.bookings()),
        "undo_check_in": partial(manifest.undo_check_in, booking_store=stores.bookings()),
        "late": partial(manifest.mark_guests, kind=MarkKind.LATE, by=by),
        "no_show": partial(manifest.mark_guests, kind=MarkKind.NO_SHOW, by=by),
        "expected": manifest.unmark_guests,
    }
