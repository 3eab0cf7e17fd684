"""The page of every PDF document: A4, with the supplier's name, a title and page numbers.

The PDF library is imported by the first document of a process: it takes as long to import as the
rest of Django, and most processes make none.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

import segno
from django.conf import settings
from django.utils import timezone

from core_site.catalog.models import Supplier
from core_site.documents.style import INK, LINE, RULE
from core_site.documents.text import printable

Align = Literal["left", "right", "center"]
_ALIGNMENTS = {"left": "L", "right": "R", "center": "C"}


@dataclass(frozen=True, slots=True)
class Sender:
    """The supplier in the header of a document: its name, and the lines of its contact details."""

    name: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DocumentColumn:
    """A column of a table; ``width`` is relative to the widths of the other columns."""

    title: str
    width: float = 1
    align: Align = "left"


def load_sender() -> Sender:
    """Return the supplier; a ``Sender`` without a name if staff have not entered it yet."""
    supplier = Supplier.objects.first()
    if supplier is None:
        return Sender("")
    lines = (supplier.telephone, supplier.email, supplier.website, supplier.address)
    return Sender(supplier.name, tuple(line for line in lines if line))


class Document:
    """Builds a PDF document: blocks are added from top to bottom, and flow over pages.

    Every text may hold any character (``documents.text``). No network is used.
    """

    def __init__(
        self,
        title: str,
        *,
        sender: Sender,
        subtitle: str = "",
        landscape: bool = False,
        now: datetime | None = None,
    ) -> None:
        from core_site.documents.paper import Paper

        self._fallback: Path | None = settings.DOCUMENT_FONT
        self._pdf = Paper(
            self._text(title),
            self._text(subtitle),
            self._text(sender.name),
            " · ".join(map(self._text, sender.lines)),
            landscape=landscape,
            fallback=self._fallback,
        )
        self._pdf.set_title(self._text(title))
        self._pdf.set_creation_date(now or timezone.now())
        self._pdf.add_page()

    def heading(self, text: str) -> None:
        """Add a heading, kept on one page with what follows."""
        self._keep_together(4 * LINE)
        self._pdf.ln(LINE / 2)
        self._pdf.style(size=12, bold=True)
        self._write(text)
        self._pdf.ln(1)

    def paragraph(self, text: str, *, small: bool = False) -> None:
        """Add text that wraps; line breaks in it are kept."""
        self._pdf.style(size=8 if small else 10, quiet=small)
        self._write(text)
        self._pdf.ln(1.5)

    def facts(self, facts: Iterable[tuple[str, object]]) -> None:
        """Add lines of a label and its value; a long value wraps beside its label."""
        width = self._pdf.epw
        for label, value in facts:
            self._keep_together(2 * LINE)
            top = self._pdf.get_y()
            self._pdf.style(size=9, quiet=True)
            self._pdf.multi_cell(width * 0.26, LINE, self._text(label), align="L")
            below = self._pdf.get_y()
            self._pdf.set_xy(self._pdf.l_margin + width * 0.27, top)
            self._pdf.style(size=10, bold=True)
            self._pdf.multi_cell(
                width * 0.73, LINE, self._text(value), align="L", new_x="LMARGIN", new_y="NEXT"
            )
            self._pdf.set_y(max(below, self._pdf.get_y()))
        self._pdf.ln(2)

    def table(
        self,
        columns: Sequence[DocumentColumn],
        rows: Iterable[Sequence[object]],
        *,
        totals: Sequence[object] | None = None,
    ) -> None:
        """Add a table whose headings are repeated on every page; ``totals`` is a last, bold row."""
        from fpdf import FontFace
        from fpdf.enums import TableBordersLayout

        self._pdf.style(size=9)
        self._pdf.set_draw_color(*RULE)
        with self._pdf.table(
            borders_layout=TableBordersLayout.HORIZONTAL_LINES,
            col_widths=tuple(column.width for column in columns),
            text_align=tuple(_ALIGNMENTS[column.align] for column in columns),
            headings_style=FontFace(emphasis="BOLD", color=INK),
            line_height=LINE,
            padding=(0.8, 1),
        ) as table:
            table.row([self._text(column.title) for column in columns])
            for cells in rows:
                table.row([self._text(cell) for cell in cells])
            if totals is not None:
                table.row([self._text(cell) for cell in totals], style=FontFace(emphasis="BOLD"))
        self._pdf.ln(3)

    def qr_code(self, content: str, *, caption: str = "", size: float = 42) -> None:
        """Add a QR code as vectors, ``size`` millimetres wide, with a caption below it."""
        self._keep_together(size + 2 * LINE)
        left, top = self._pdf.l_margin + self._pdf.c_margin, self._pdf.get_y() + 1
        matrix = segno.make_qr(content, error="m").matrix
        side = size / len(matrix)
        self._pdf.set_fill_color(*INK)
        for row, modules in enumerate(matrix):
            for start, length in _dark_runs(modules):
                self._pdf.rect(left + start * side, top + row * side, length * side, side, "F")
        # Cells of tables are filled with the colour that was set last.
        self._pdf.set_fill_color(255)
        self._pdf.set_y(top + size + 1)
        if caption:
            self._pdf.style(size=11, bold=True)
            self._write(caption)
        self._pdf.ln(1)

    def rule(self) -> None:
        """Add a thin line across the page."""
        self._pdf.ln(2)
        self._pdf.set_draw_color(*RULE)
        self._pdf.line(
            self._pdf.l_margin,
            self._pdf.get_y(),
            self._pdf.w - self._pdf.r_margin,
            self._pdf.get_y(),
        )
        self._pdf.ln(3)

    def new_page(self) -> None:
        self._pdf.add_page()

    def keep_together(self, height: float) -> None:
        """Begin a new page when less than ``height`` millimetres are left on this one."""
        self._keep_together(height)

    def render(self) -> bytes:
        """Return the PDF."""
        return bytes(self._pdf.output())

    def _text(self, text: object) -> str:
        return printable(text, fallback=self._fallback)

    def _write(self, text: str) -> None:
        self._pdf.multi_cell(0, LINE, self._text(text), align="L", new_x="LMARGIN", new_y="NEXT")

    def _keep_together(self, height: float) -> None:
        if self._pdf.will_page_break(height):
            self._pdf.add_page()


def _dark_runs(modules: Iterable[int]) -> Iterable[tuple[int, int]]:
    """Yield start and length of each run of dark modules in a row of a QR code."""
    start: int | None = None
    position = 0
    for position, is_dark in enumerate((*modules, 0)):
        if is_dark and start is None:
            start = position
        elif not is_dark and start is not None:
            yield start, position - start
            start = None
