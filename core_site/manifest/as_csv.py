"""The manifest as a CSV file, with a row for each ticket."""

from collections.abc import Iterator

from django.http import HttpResponse

from core_site.manifest.page import ManifestPage
from shared_domain import spreadsheets

#: Columns for staff who may see bookings, and those for staff who may see guests.
COLUMNS = ("reference", "status", "ticket", "unit", "people", "attendance", "partner", "balance")
GUEST_COLUMNS = (
    *("lead guest", "guest", "telephone", "language", "notes"),
    *("pick-up time", "pick-up place"),
)


def csv_response(page: ManifestPage) -> HttpResponse:
    """Return the manifest as a file; without guests' data if the viewer may not see guests."""
    columns = COLUMNS + (GUEST_COLUMNS if page.viewer.sees_guests else ())
    name = f"manifest-{page.departure.local_date}-{page.departure.pk}.csv"
    return HttpResponse(
        spreadsheets.csv_content(columns, _rows(page)),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _rows(page: ManifestPage) -> Iterator[tuple[object, ...]]:
    for row in page.all_rows:
        party = row.party
        for guest_row in row.guests:
            guest = guest_row.guest
            ticket = (
                party.reference, party.status.value, guest.ticket, guest.unit_name,
                guest.pax_count, guest_row.state, party.partner_name, row.balance,
            )  # fmt: skip
            who = (
                row.name, guest_row.name, row.telephone, row.language, " / ".join(row.notes),
                party.pickup_time, party.pickup_hotel,
            )  # fmt: skip
            yield ticket + (who if page.viewer.sees_guests else ())
