"""Cells of an XLSX sheet as XML: numbers, dates and texts, never formulas."""

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from math import isfinite
from typing import Final
from xml.sax.saxutils import escape

from core_site.exports.columns import Cell

#: Indices of the sheet's formats: ``cellXfs`` of the styles in ``xlsx_parts``.
HEADER_FORMAT: Final = 1
MOMENT_FORMAT: Final = 2
DAY_FORMAT: Final = 3

#: A spreadsheet's numbers have 15 digits; longer ones are texts.
_NUMBERS_END = 10**15

#: Excel's limit of a cell, in UTF-16 code units.
#: Source: support.microsoft.com, Excel specifications and limits.
_LONGEST_CELL = 32_767

#: Days are counted from here. Those before ``_FIRST_DAY`` are texts: Excel believes that 1900 had
#: a 29th of February.
_EPOCH = datetime(1899, 12, 30)
_FIRST_DAY = date(1900, 3, 1)
_DAY = timedelta(days=1)

#: What XML cannot hold, and what looks like its escape. Source: ECMA-376, part 1, 22.9.2.19.
_ESCAPED = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")


def column_letters(place: int) -> str:
    """Return the letters of the column at a 0-based place: ``A`` for 0, ``AA`` for 26."""
    letters = ""
    place += 1
    while place:
        place, letter = divmod(place - 1, 26)
        letters = chr(ord("A") + letter) + letters
    return letters


def row_xml(number: int, letters: Sequence[str], cells: Iterable[Cell]) -> str:
    """Return a row as XML; ``letters`` name its columns, and ``number`` begins at 1."""
    written = "".join(
        _cell_xml(f"{letter}{number}", cell)
        for letter, cell in zip(letters, cells, strict=True)
        if cell is not None
    )
    return f'<row r="{number}">{written}</row>'


def header_xml(letters: Sequence[str], titles: Iterable[str]) -> str:
    """Return the first row as XML: the titles, in bold."""
    written = "".join(
        _text_xml(f'{letter}1" s="{HEADER_FORMAT}', title)
        for letter, title in zip(letters, titles, strict=True)
    )
    return f'<row r="1">{written}</row>'


def _cell_xml(place: str, cell: Cell) -> str:
    match cell:
        case str():
            return _text_xml(place, cell)
        case bool():
            return _text_xml(place, "yes" if cell else "no")
        case int() | float() | Decimal() if _is_exact(cell):
            return f'<c r="{place}"><v>{float(cell):.15g}</v></c>'
        case datetime() if cell.date() >= _FIRST_DAY:
            return f'<c r="{place}" s="{MOMENT_FORMAT}"><v>{(cell - _EPOCH) / _DAY!r}</v></c>'
        case date() if not isinstance(cell, datetime) and cell >= _FIRST_DAY:
            return f'<c r="{place}" s="{DAY_FORMAT}"><v>{(cell - _EPOCH.date()).days}</v></c>'
    return _text_xml(place, str(cell))


def _is_exact(number: int | float | Decimal) -> bool:
    return isfinite(number) and -_NUMBERS_END < number < _NUMBERS_END


def _text_xml(place: str, text: str) -> str:
    if len(text) > _LONGEST_CELL // 2:
        units = text.encode("utf-16-le", "surrogatepass")[: 2 * _LONGEST_CELL]
        text = units.decode("utf-16-le", "ignore")
    text = _ESCAPED.sub(lambda found: f"_x{ord(found[0]):04X}_", escape(text))
    return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'
