"""The line of a booking on its partner's statement, for the booking's page."""

from core_site import stores
from core_site.admin_kit.money_format import money
from core_site.bookings.models import Booking
from shared_domain import statements
from shared_domain.run_now import run_now


def describe_statement(booking: Booking) -> str:
    """Return the amount and the month of the booking's line, or ``not billed``."""
    billed = run_now(
        statements.statement_line(booking.uuid, access=booking.access, store=stores.statements())
    )
    if billed is not None:
        owed = money(billed.line.owed_minor, billed.line.currency)
        return f"{owed} in {billed.month}"
    return "not billed: a test" if booking.test_mode else "not billed"
