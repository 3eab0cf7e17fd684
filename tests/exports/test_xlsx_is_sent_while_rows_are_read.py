"""An XLSX file is sent while its rows are read, of any length, and holds what the rows hold."""

import io
import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal

import pytest

from core_site.exports import xlsx
from core_site.exports.columns import Cell
from core_site.exports.xlsx import xlsx_chunks
from tests.exports.sheets import sheets_of

#: Cells, and what a spreadsheet makes of them.
CELLS: list[tuple[Cell, object]] = [
    (45, 45),
    (-3.25, -3.25),
    (Decimal("45.50"), 45.5),
    (float("nan"), "nan"),
    (10**18, str(10**18)),
    (None, None),
    (True, "yes"),
    (datetime(2026, 7, 1, 9, 30, 15), datetime(2026, 7, 1, 9, 30, 15)),
    (date(2026, 7, 1), datetime(2026, 7, 1)),
    (datetime(1899, 1, 1, 9), "1899-01-01 09:00:00"),
    ("=1+1", "=1+1"),
    ("{=1}", "{=1}"),
    ("https://x.example", "https://x.example"),
    (" Ana & <b>Zoë</b> ", " Ana & <b>Zoë</b> "),
    ("two\nlines\tand a tab", "two\nlines\tand a tab"),
    ("\U0001f6f6" * 20_000, "\U0001f6f6" * 16_383),
]


def test_every_kind_of_cell_is_what_it_was() -> None:
    chunks = list(
        xlsx_chunks([f"={place}" for place in range(len(CELLS))], [[cell for cell, _ in CELLS]])
    )

    titles, cells = sheets_of(chunks)[0]

    assert titles[:2] == ("=0", "=1")
    assert list(cells) == [expected for _, expected in CELLS]


def test_no_text_is_run_as_a_formula_and_none_breaks_the_file() -> None:
    texts = ["=1+1", "{=1}", "https://x.example", "bell \x07", "_x0041_", "\uffff", "return\r"]

    content = b"".join(xlsx_chunks(["=a"] * len(texts), [texts]))

    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    assert "<hyperlink" not in sheet
    # Escaped as ECMA-376 has it, part 1, 22.9.2.19.
    for escaped in ("bell _x0007_", ">_x005F_x0041_<", "_xFFFF_", "return_x000D_"):
        assert escaped in sheet


def test_the_first_bytes_come_before_the_first_row() -> None:
    def rows() -> Iterator[list[Cell]]:
        raise AssertionError("a row was read")
        yield []

    first = next(xlsx_chunks(["a"], rows()))

    assert first.startswith(b"PK\x03\x04")


def test_rows_are_read_no_further_than_the_reader() -> None:
    read = 0

    def rows() -> Iterator[list[Cell]]:
        nonlocal read
        for read in range(100_000):
            yield [f"{read * 7919 % 104729:x}"] * 8

    chunks = xlsx_chunks(["a"] * 8, rows())
    next(chunks)
    sent = next(chunks)

    assert xlsx.CHUNK_BYTES <= len(sent) < 2 * xlsx.CHUNK_BYTES
    assert 0 < read < 20_000


@pytest.mark.parametrize("limit", ["MOST_SHEET_ROWS", "MOST_SHEET_BYTES"])
def test_what_is_beyond_a_sheet_is_on_the_next(monkeypatch: pytest.MonkeyPatch, limit: str) -> None:
    monkeypatch.setattr(xlsx, limit, {"MOST_SHEET_ROWS": 3, "MOST_SHEET_BYTES": 800}[limit])

    sheets = sheets_of(xlsx_chunks(["number", "text"], [[number, "a"] for number in range(5)]))

    assert len(sheets) > 1
    assert [sheet[0] for sheet in sheets] == [("number", "text")] * len(sheets)
    assert [row for sheet in sheets for row in sheet[1:]] == [(number, "a") for number in range(5)]


def test_a_list_without_rows_is_a_sheet_of_titles() -> None:
    assert sheets_of(xlsx_chunks(["number"], [])) == [[("number",)]]
