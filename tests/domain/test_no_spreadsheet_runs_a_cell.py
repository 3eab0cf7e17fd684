"""A CSV file holds nothing that a spreadsheet would run, and says its encoding by itself."""

import csv
import io
import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import shared_domain
from shared_domain import spreadsheets

ROOT = Path(shared_domain.__file__).parent.parent


def read(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode(spreadsheets.ENCODING), newline="")))


def written(*cells: object) -> list[str]:
    header, row = read(spreadsheets.csv_content([f"c{n}" for n in range(len(cells))], [cells]))
    assert header == [f"c{n}" for n in range(len(cells))]
    return row


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        '=HYPERLINK("http://evil.example";"click")',
        "+SUM(1)",
        "-2+3",
        "@SUM(1)",
        "\t=1",
        "\tplain",
        "\rplain",
        "\nplain",
        "  =1",
        "\N{NO-BREAK SPACE}=1",
        "\N{ZERO WIDTH SPACE}=1",
        "\N{ZERO WIDTH NO-BREAK SPACE}=1",
        "\x00=1",
        "\N{FULLWIDTH EQUALS SIGN}1",
        "\N{FULLWIDTH PLUS SIGN}1",
        "\N{FULLWIDTH HYPHEN-MINUS}1",
        "\N{FULLWIDTH COMMERCIAL AT}SUM(1)",
        "\N{SMALL EQUALS SIGN}1",
        "\N{MINUS SIGN}1",
        "+351912345678",
        "-",
    ],
)
def test_a_text_that_looks_like_a_formula_gets_an_apostrophe(text: str) -> None:
    assert written(text) == [f"'{text}"]


@pytest.mark.parametrize(
    "text", ["", " ", "R-1", "a=b", "São Tomé", "日本-1", "'quoted'", '"x", y']
)
def test_any_other_text_stays_as_it_is(text: str) -> None:
    assert written(text, "x") == [text, "x"]


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("Clara;=1+1", "Clara;'=1+1"),
        ('Clara;"=1+1"', 'Clara;\'"=1+1"'),
        ("Clara; \N{FULLWIDTH EQUALS SIGN}1", "Clara;' \N{FULLWIDTH EQUALS SIGN}1"),
        ("vegetarian\n+351 1; a-b", "vegetarian\n'+351 1; a-b"),
        ("=1;=2", "'=1;'=2"),
        ("a; b\r\nc", "a; b\r\nc"),
    ],
)
def test_nor_does_it_run_what_it_takes_for_a_cell_where_semicolons_divide_them(
    text: str, cell: str
) -> None:
    assert written(text) == [cell]


@pytest.mark.parametrize(
    ("value", "cell"),
    [(-1234, "-1234"), (0, "0"), (Decimal("-0.50"), "-0.50"), (-1.5, "-1.5"), (None, ""),
     (date(2026, 7, 14), "2026-07-14"), (True, "True")],
)  # fmt: skip
def test_what_is_no_text_stays_what_it_is(value: object, cell: str) -> None:
    assert written(value, "x") == [cell, "x"]


def test_the_names_of_columns_are_texts_too() -> None:
    assert read(spreadsheets.csv_content(["=1"], [])) == [["'=1"]]


def test_the_file_begins_with_the_mark_of_utf_8() -> None:
    content = spreadsheets.csv_content(["name"], [["São"]])

    assert content == b"\xef\xbb\xbfname\r\nS\xc3\xa3o\r\n"


@given(st.lists(st.text(st.characters(codec="utf-8")), min_size=1, max_size=4))
def test_whatever_is_written_can_be_read_again_and_is_no_formula(texts: list[str]) -> None:
    for text, cell in zip(texts, written(*texts), strict=True):
        assert cell.replace("'", "") == text.replace("'", "")
        for part in re.split(r"[;\r\n]", cell):
            assert not re.match(r"[\s\x00-\x1f]*[=+\-@＝＋－＠]", part)


def test_no_other_code_writes_csv() -> None:
    ours = {
        ROOT / "shared_domain" / "spreadsheets.py",
        # Write in parts, with the same apostrophes, which the tests of either export ask for.
        ROOT / "core_site" / "exports" / "csv_file.py",
        ROOT / "api_edge" / "v1" / "booking_export" / "lines.py",
    }
    texts = {
        path: path.read_text()
        for half in ("shared_domain", "core_site", "api_edge")
        for suffix in ("py", "md")
        for path in (ROOT / half).rglob(f"*.{suffix}")
    }

    by_hand = {
        path for path, text in texts.items() if re.search(r"^\s*(import|from) csv\b", text, re.M)
    }

    assert by_hand == ours
