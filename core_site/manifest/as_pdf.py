"""The manifest as a PDF on A4: all parties of the departure, with a checkbox for each guest."""

from collections.abc import Iterator

from django.http import HttpResponse

from core_site.admin_kit.viewer_zone import zones_named
from core_site.catalog.time_format import format_start
from core_site.documents import Document, DocumentColumn, load_sender, pdf_response
from core_site.manifest.page import ManifestPage, PartyRow
from core_site.weather.of_departures import load_weather

#: The box of a guest to check in by hand, and that of a guest who was checked in already.
_TO_TICK, _TICKED = "☐", "☑"


def manifest_document(page: ManifestPage) -> Document:
    """Return the manifest as a document; without guests' data if the viewer may not see guests."""
    product = page.departure.option.product
    document = Document(
        "Manifest",
        subtitle=f"{product.internal_name}, {page.departure.option.internal_name}",
        sender=load_sender(),
        now=page.now,
    )
    document.facts(departure_facts(page))
    columns = [DocumentColumn("", 0.6), DocumentColumn("Guest", 5), DocumentColumn("Ticket", 4)]
    if page.viewer.sees_guests:
        columns += [DocumentColumn("Telephone, language", 4), DocumentColumn("Notes", 5)]
    document.table(columns, _lines(page))
    if page.pickups:
        document.heading("Pick-up")
        document.table(
            [
                DocumentColumn("Time", 1.2),
                DocumentColumn("Place", 6),
                DocumentColumn("Guests", 1.5),
                DocumentColumn("Who", 6),
            ],
            ((stop.time, stop.place, str(stop.heads), stop.who) for stop in page.pickups),
        )
    if page.manifest.is_cut:
        document.paragraph(
            f"The list ends after {len(page.manifest.parties)} bookings.", small=True
        )
    return document


def departure_facts(page: ManifestPage) -> list[tuple[str, str]]:
    """Return what stands above the list: when, how many, and the weather of an outdoor tour."""
    totals = page.totals
    foretold = load_weather([page.departure], now=page.now).get(page.departure.pk)
    return [
        ("Departure", _start(page)),
        *([("Note", page.disruption)] if page.disruption else []),
        ("Guests", f"{totals.heads}: {_head_count(page)}" if totals.heads else "none yet"),
        ("Checked in", f"{totals.checked_in}; late {totals.late}; no-show {totals.no_shows}"),
        *([("Weather", foretold.sentence)] if foretold else []),
    ]


def manifest_pdf(page: ManifestPage) -> HttpResponse:
    """Return the manifest as a PDF response that no cache stores."""
    name = f"manifest-{page.departure.local_date}-{page.departure.pk}"
    return pdf_response(manifest_document(page), name)


def _start(page: ManifestPage) -> str:
    with zones_named():
        return format_start(page.departure, page.departure.option.product.time_zone)


def _head_count(page: ManifestPage) -> str:
    return ", ".join(f"{count.tickets} × {count.unit_name}" for count in page.manifest.counts)


def _lines(page: ManifestPage) -> Iterator[tuple[str, ...]]:
    sees = page.viewer.sees_guests
    for row in page.all_rows:
        for place, guest in enumerate(row.guests):
            is_first = place == 0
            tick = _TICKED if guest.look == "in" else _TO_TICK
            state = "" if guest.look in ("expected", "in") else f" ({guest.state})"
            ticket = f"{guest.guest.unit_name}, {guest.guest.ticket}{state}"
            line = (tick, _who(row, guest.name, is_first=is_first), ticket)
            details = (f"{row.telephone} {row.language}".strip(), _remarks(row))
            yield line + ((details if is_first else ("", "")) if sees else ())


def _remarks(row: PartyRow) -> str:
    pickup = f"Pick-up {row.pickup}" if row.pickup else ""
    return " / ".join(filter(None, (pickup, *row.notes)))


def _who(row: PartyRow, name: str, *, is_first: bool) -> str:
    """Return the lead guest beside the first ticket, with what is owed, and the ticket's holder."""
    names = [row.name if is_first else "", name, row.balance if is_first else ""]
    return ", ".join(filter(None, names))
