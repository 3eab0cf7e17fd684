"""CSV files of exported lists, streamed while their rows are read."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from core_site.exports.columns import Cell
from shared_domain import spreadsheets

#: Bytes that are sent at once.
CHUNK_BYTES = 64 * 1024


def csv_chunks(titles: Sequence[str], rows: Iterable[Iterable[Cell]]) -> Iterator[bytes]:
    """Yield a CSV file with a header line; cells that look like formulas are escaped."""
    text = io.StringIO()
    writer = csv.writer(text)
    encode = "\N{BYTE ORDER MARK}"
    writer.writerow(map(spreadsheets.escape_formula, titles))
    for row in rows:
        writer.writerow(spreadsheets.escape_formula(_csv_cell(cell)) for cell in row)
        if text.tell() >= CHUNK_BYTES:
            yield (encode + text.getvalue()).encode()
            encode = ""
            text.seek(0)
            text.truncate()
    yield (encode + text.getvalue()).encode()


def _csv_cell(cell: Cell) -> object:
    match cell:
        case bool():
            return "yes" if cell else "no"
        case datetime():
            return f"{cell:%Y-%m-%d %H:%M:%S}"
    return cell
