"""CSV that a spreadsheet shows as it was meant: no cell is run, and every letter is read right.

A spreadsheet takes a cell that begins with ``=``, ``+``, ``-`` or ``@`` for a formula and runs it,
so a text from outside (a reseller's reference, a name) could reach into the reader's computer.
Such a text gets an apostrophe in front, which spreadsheets read as "this is text". Numbers are no
texts: a negative amount stays a number that can be added up. A program that needs a text to the
letter reads the JSON.

The file begins with the byte order mark of UTF-8. A saved file has lost the header that named its
encoding, and Excel takes a file without the mark for one in the local code page of the day, in
which "São" is not "São". Programs read it as ``utf-8-sig``.
"""

import csv
import io
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


def csv_content(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """Return a CSV file with a header line; None is an empty cell."""
    text = io.StringIO()
    csv.writer(text).writerows(map(escape_formula, row) for row in chain([columns], rows))
    return text.getvalue().encode(ENCODING)


def escape_formula(cell: object) -> object:
    """Return a cell that no spreadsheet runs: texts that look like a formula get an apostrophe.

    Spaces and invisible characters in front do not hide a formula, whatever script it is in.
    """
    if isinstance(cell, str) and cell and (cell[0] in _BREAKS or _begins_formula(cell)):
        return f"'{cell}"
    return cell


def _begins_formula(text: str) -> bool:
    first = next((letter for letter in text if not _is_invisible(letter)), "")
    return unicodedata.normalize("NFKC", first)[:1] in _FORMULA


def _is_invisible(letter: str) -> bool:
    return letter.isspace() or unicodedata.category(letter) in {"Cc", "Cf"}
