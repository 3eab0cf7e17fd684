"""Read an XLSX file as a spreadsheet does, with a library that is not ours."""

import io
from collections.abc import Iterable
from typing import Any

from openpyxl import load_workbook


def sheets_of(chunks: Iterable[bytes]) -> list[list[tuple[Any, ...]]]:
    """Return the cells of each sheet, by rows."""
    book = load_workbook(io.BytesIO(b"".join(chunks)))
    return [list(sheet.iter_rows(values_only=True)) for sheet in book]
