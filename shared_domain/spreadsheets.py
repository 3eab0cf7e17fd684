"""CSV files for spreadsheets: no cell is run as a formula, and all letters are decoded correctly.

A spreadsheet runs a cell that begins with ``=``, ``+``, ``-`` or ``@`` as a formula, so a text from
outside (a reseller's reference, a name) could run commands on the reader's computer. Such a text
gets an apostrophe in front, which marks it as text. Numbers stay numbers, negative ones as well. A
program that needs texts unchanged reads the JSON.

Where a comma is the decimal sign, as in Portugal and Germany, spreadsheets divide lines by
semicolons and, as no cell then begins with a quotation mark, by the breaks within texts as well.
What follows one of these may be a cell of its own, so a formula there gets an apostrophe, too.
Source: OWASP, "CSV Injection".

The file begins with the byte order mark of UTF-8, without which Excel reads it in the local code
page. Programs read it as ``utf-8-sig``.
"""

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Sequence
from itertools import chain

#: How the bytes are to be decoded; the same as UTF-8 with its byte order mark taken off.
ENCODING = "utf-8-sig"

#: What a formula begins with. Full-width and small forms of these count as well (NFKC), and so
#: does the real minus sign.
_FORMULA = frozenset("=+-@\N{MINUS SIGN}")

#: With these in front, a spreadsheet may still find the formula behind them.
_BREAKS = frozenset("\t\r\n")


#: What divides lines and cells where the comma does not.
_DIVIDERS = re.compile(r"([;\r\n])")


def csv_content(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """Return a CSV file with a header line; None is an empty cell."""
    text = io.StringIO()
    csv.writer(text).writerows(map(escape_formula, row) for row in chain([columns], rows))
    return text.getvalue().encode(ENCODING)


def escape_formula(cell: object) -> object:
    """Return a cell with an apostrophe in front when it is a text that looks like a formula.

    Spaces and invisible characters in front do not hide a formula, whatever script it is in. What
    looks like one behind a semicolon or a break within the text gets an apostrophe there.
    """
    if not isinstance(cell, str) or not cell:
        return cell
    first, *others = _DIVIDERS.split(cell)
    is_formula = cell[0] in _BREAKS or _begins_formula(cell)
    return ("'" if is_formula else "") + first + "".join(map(_escape_part, others))


def _escape_part(part: str) -> str:
    # A quotation mark in front is taken for that of the cell.
    return f"'{part}" if _begins_formula(part.lstrip('"')) else part


def _begins_formula(text: str) -> bool:
    first = next((letter for letter in text if not _is_invisible(letter)), "")
    return unicodedata.normalize("NFKC", first)[:1] in _FORMULA


def _is_invisible(letter: str) -> bool:
    return letter.isspace() or unicodedata.category(letter) in {"Cc", "Cf"}
