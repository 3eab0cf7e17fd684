"""A statement as CSV, for spreadsheets, and as PDF, to be sent to the partner."""

from collections.abc import Iterable, Iterator, Sequence

from django.http import HttpResponse

from core_site.admin_kit.money_format import money
from core_site.documents import Document, DocumentColumn, load_sender, pdf_response
from core_site.exports.columns import Cell, amount_cell
from core_site.partners.models import Partner
from core_site.statements.pages import Row, month_rows, statement_rows
from shared_domain import spreadsheets
from shared_domain.statements import Line, Month

_CSV_TITLES = (
    "Reference", "Partner's reference", "Status", "Travel date", "Product", "Currency", "Net",
    "Refunded", "Owed",
)  # fmt: skip

_PDF_COLUMNS = (
    DocumentColumn("Reference", 1.8),
    DocumentColumn("Your reference", 2),
    DocumentColumn("Travel date", 1.3),
    DocumentColumn("Product", 2.4),
    DocumentColumn("Status", 1.4),
    DocumentColumn("Net", 1.8, align="right"),
    DocumentColumn("Refunded", 1.8, align="right"),
    DocumentColumn("Owed", 1.8, align="right"),
)


def statement_csv(partner: Partner, month: Month, lines: Sequence[Line]) -> HttpResponse:
    """Return a CSV file of all lines of a statement, with amounts in major units."""
    content = spreadsheets.csv_content(_CSV_TITLES, (_csv_row(line) for line in lines))
    answer = HttpResponse(content, content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{_name(partner, month)}.csv"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


MONTH_COLUMNS = (
    "Partner", "Currency", "Bookings", "Net", "Refunded", "Owed", "Paid", "Open",
)  # fmt: skip


def month_table(month: Month) -> Iterator[tuple[Cell, ...]]:
    """Yield the statements of a month for a spreadsheet, amounts in units of their currency."""
    for row in month_rows(month):
        amounts = (
            row.net_minor, row.refunded_minor, row.owed_minor, row.paid.paid_minor, row.open_minor,
        )  # fmt: skip
        yield (
            row.partner.name,
            row.currency,
            row.bookings,
            *(amount_cell(amount, row.currency) for amount in amounts),
        )


def statement_pdf(partner: Partner, month: Month, lines: Sequence[Line]) -> HttpResponse:
    """Return the statement as a PDF for the partner: sums by currency, then all lines."""
    document = Document(
        f"Statement {month}", subtitle=partner.name, sender=load_sender(), landscape=True
    )
    rows = statement_rows(partner, month, lines)
    document.facts(_facts(partner, month, rows))
    for row in rows:
        document.heading(f"Bookings in {row.currency}")
        of_it = [line for line in lines if line.currency == row.currency]
        document.table(
            _PDF_COLUMNS,
            map(_pdf_row, of_it),
            totals=("", "", "", "", "", row.net, row.refunded, row.owed),
        )
    if not rows:
        document.paragraph("No booking of this month is billed.")
    return pdf_response(document, _name(partner, month))


def _facts(partner: Partner, month: Month, rows: Iterable[Row]) -> Iterable[tuple[str, object]]:
    yield "Partner", partner.name
    yield "Month", f"{month}: bookings by their local travel date"
    for row in rows:
        yield f"Owed in {row.currency}", row.owed
        if row.paid.payments:
            yield "Paid", row.paid_amount
        yield "State", row.state


def _csv_row(line: Line) -> tuple[object, ...]:
    refunded_minor = line.net_minor - line.owed_minor
    return (
        line.supplier_reference,
        line.reseller_reference,
        line.status,
        line.travel_date,
        line.product_code,
        line.currency,
        amount_cell(line.net_minor, line.currency),
        amount_cell(refunded_minor, line.currency),
        amount_cell(line.owed_minor, line.currency),
    )


def _pdf_row(line: Line) -> tuple[object, ...]:
    refunded_minor = line.net_minor - line.owed_minor
    return (
        line.supplier_reference,
        line.reseller_reference or "–",
        line.travel_date or "–",
        line.product_code,
        line.status.replace("_", " ").capitalize(),
        money(line.net_minor, line.currency),
        money(refunded_minor, line.currency) if refunded_minor else "–",
        money(line.owed_minor, line.currency),
    )


def _name(partner: Partner, month: Month) -> str:
    return f"statement-{partner.code}-{month}"
