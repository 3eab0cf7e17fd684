"""Files of exported lists: bytes while rows are read, however many rows there are.

CSV is sent row by row. XLSX is a ZIP archive, which is only complete at its end: XlsxWriter keeps
one row in memory and the rest in a temporary file, which is then sent.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from tempfile import TemporaryDirectory
from typing import Any

from core_site.exports.columns import Cell
from shared_domain import spreadsheets

#: Bytes that are sent at once.
CHUNK_BYTES = 64 * 1024

#: Rows of an XLSX file: what is written within the time that a proxy waits for the first byte, as
#: an archive is sent when it is complete. The button says so; CSV takes any number.
MOST_XLSX_ROWS = 50_000

#: Excel's own limit of a cell. Source: support.microsoft.com, Excel specifications and limits.
_LONGEST_CELL = 32_767


def csv_chunks(titles: Sequence[str], rows: Iterable[Iterable[Cell]]) -> Iterator[bytes]:
    """Yield a CSV file with a header line, defused against formulas."""
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


def xlsx_chunks(titles: Sequence[str], rows: Iterable[Iterable[Cell]]) -> Iterator[bytes]:
    """Yield an XLSX file of one sheet; every text is stored as a text, never as a formula."""
    from xlsxwriter import Workbook

    with TemporaryDirectory() as folder:
        path = f"{folder}/list.xlsx"
        options = {"constant_memory": True, "tmpdir": folder, "default_date_format": "yyyy-mm-dd"}
        with Workbook(path, options) as book:
            sheet = book.add_worksheet("List")
            bold = book.add_format({"bold": True})
            moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
            sheet.freeze_panes(1, 0)
            for place, title in enumerate(titles):
                sheet.write_string(0, place, title, bold)
            for number, row in enumerate(rows, start=1):
                for place, cell in enumerate(row):
                    _write(sheet, number, place, cell, moment)
        with open(path, "rb") as written:
            while chunk := written.read(CHUNK_BYTES):
                yield chunk


def _write(sheet: Any, row: int, place: int, cell: Cell, moment: Any) -> None:
    match cell:
        case None:
            pass
        case bool():
            sheet.write_string(row, place, "yes" if cell else "no")
        case int() if abs(cell) >= 10**15:
            # A spreadsheet's numbers have 15 digits.
            sheet.write_string(row, place, str(cell))
        case int() | float() | Decimal():
            sheet.write_number(row, place, float(cell))
        case datetime():
            sheet.write_datetime(row, place, cell, moment)
        case date():
            sheet.write_datetime(row, place, cell)
        case _:
            sheet.write_string(row, place, str(cell)[:_LONGEST_CELL])


def _csv_cell(cell: Cell) -> object:
    match cell:
        case bool():
            return "yes" if cell else "no"
        case datetime():
            return f"{cell:%Y-%m-%d %H:%M:%S}"
    return cell
