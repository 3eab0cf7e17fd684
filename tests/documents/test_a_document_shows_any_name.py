"""A PDF document is made whatever letters a guest's name has, and no log learns the name."""

import logging
from pathlib import Path

import pytest
from django.test import override_settings
from django.utils import timezone
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen

from core_site.documents import Document, DocumentColumn, Sender, pdf_response
from core_site.documents.text import REPLACEMENT, printable


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Łukasz Żółć", "Łukasz Żółć"),
        ("Αλέξης Müller", "Αλέξης Müller"),
        ("Дмитрий, İnci, Straße, ẞ", "Дмитрий, İnci, Straße, ẞ"),
        ("Jose\u0301", "José"),
        ("東京", REPLACEMENT * 2),
        ("Ana 🛶", f"Ana {REPLACEMENT}"),
        ("a\x00b\tc\u202ed\ufe0f", "a b cd"),
        ("one\r\ntwo", "one\ntwo"),
    ],
)
def test_what_the_fonts_lack_is_a_box(name: str, shown: str) -> None:
    assert printable(name) == shown


def test_a_font_of_the_operators_fills_in(tmp_path: Path) -> None:
    font = tmp_path / "tokyo.ttf"
    _save_font_of("東京", font)

    assert printable("東京 大", fallback=font) == f"東京 {REPLACEMENT}"
    with override_settings(DOCUMENT_FONT=font):
        document = Document("東京", sender=Sender(""))
    assert document.render().startswith(b"%PDF-")


def test_long_documents_break_over_pages_and_log_no_letter(
    caplog: pytest.LogCaptureFixture,
) -> None:
    document = Document(
        "Manifest 東京", subtitle="Αλέξης", sender=Sender("Maré", ("x" * 400,)), now=timezone.now()
    )
    with caplog.at_level(logging.WARNING):
        document.heading("Guests")
        document.facts([("Guest", "東京 " * 60), ("Nothing", "")])
        document.paragraph("Zürich\n" * 90, small=True)
        rows = [(f"PT-{number}", "Żółć " * 20, "EUR 45.00") for number in range(40)]
        columns = [
            DocumentColumn("Ticket"),
            DocumentColumn("Guest", 3),
            DocumentColumn("Price", align="right"),
        ]
        document.table(columns, rows, totals=("Sum", "", "EUR 1,800.00"))
        document.qr_code("https://example.com/admin/scan/7Q4M/", caption="7Q4M")
        response = pdf_response(document, "manifest")

    assert response.content.startswith(b"%PDF-")
    assert response.content.count(b"/Type /Page\n") > 2
    assert response["Cache-Control"] == "no-store"
    assert response["Content-Disposition"] == 'inline; filename="manifest.pdf"'
    assert not caplog.records


def _save_font_of(characters: str, path: Path) -> None:
    names = [".notdef", *(f"uni{ord(character):04X}" for character in characters)]
    builder = FontBuilder(1000)
    builder.setupGlyphOrder(names)
    builder.setupCharacterMap(
        {ord(name): glyph for name, glyph in zip(characters, names[1:], strict=True)}
    )
    pen = TTGlyphPen(None)
    pen.moveTo((0, 0))
    pen.lineTo((500, 0))
    pen.lineTo((0, 500))
    pen.closePath()
    builder.setupGlyf(dict.fromkeys(names, pen.glyph()))
    builder.setupHorizontalMetrics(dict.fromkeys(names, (600, 0)))
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": "Tokyo", "styleName": "Regular"})
    builder.setupOS2()
    builder.setupPost()
    builder.save(path)
