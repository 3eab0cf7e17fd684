"""The page of every PDF document: A4, with the supplier's name, a title and page numbers."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

import segno
from django.conf import settings
from django.utils import timezone
from fpdf import FPDF, FontFace
from fpdf.enums import TableBordersLayout

from core_site.catalog.models import Supplier
from core_site.documents.text import BOLD, REGULAR, printable

#: Millimetres. A ticket that is printed and folded keeps its text away from the edges.
MARGIN = 18
LINE = 5.2

_INK, _QUIET, _RULE = (24, 24, 27), (98, 98, 106), (212, 212, 216)

Align = Literal["left", "right", "center"]
_ALIGNMENTS = {"left": "L", "right": "R", "center": "C"}


@dataclass(frozen=True, slots=True)
class Sender:
    """The supplier as a document names it: its name, and lines to reach it by."""

    name: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table; ``width`` is its share beside the other columns' widths."""

    title: str
    width: float = 1
    align: Align = "left"


def load_sender() -> Sender:
    """Return the supplier; one without a name before staff have entered it."""
    supplier = Supplier.objects.first()
    if supplier is None:
        return Sender("")
    lines = (supplier.telephone, supplier.email, supplier.website, supplier.address)
    return Sender(supplier.name, tuple(line for line in lines if line))


class Document:
    """A PDF document in the making: blocks are added from top to bottom and break over pages.

    Every text may hold any character (``documents.text``). Nothing is fetched from outside.
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
        self._fallback: Path | None = settings.DOCUMENT_FONT
        self._pdf = _Pages(
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
        columns: Sequence[Column],
        rows: Iterable[Sequence[object]],
        *,
        totals: Sequence[object] | None = None,
    ) -> None:
        """Add a table whose headings are repeated on every page; ``totals`` is a last, bold row."""
        self._pdf.style(size=9)
        self._pdf.set_draw_color(*_RULE)
        with self._pdf.table(
            borders_layout=TableBordersLayout.HORIZONTAL_LINES,
            col_widths=tuple(column.width for column in columns),
            text_align=tuple(_ALIGNMENTS[column.align] for column in columns),
            headings_style=FontFace(emphasis="BOLD", color=_INK),
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
        """Add a QR code as vectors, ``size`` millimetres wide, with a caption to read aloud."""
        self._keep_together(size + 2 * LINE)
        left, top = self._pdf.l_margin + self._pdf.c_margin, self._pdf.get_y() + 1
        matrix = segno.make_qr(content, error="m").matrix
        side = size / len(matrix)
        self._pdf.set_fill_color(*_INK)
        for row, modules in enumerate(matrix):
            for start, length in _dark_runs(modules):
                self._pdf.rect(left + start * side, top + row * side, length * side, side, "F")
        self._pdf.set_y(top + size + 1)
        if caption:
            self._pdf.style(size=11, bold=True)
            self._write(caption)
        self._pdf.ln(1)

    def rule(self) -> None:
        """Add a thin line across the page."""
        self._pdf.ln(2)
        self._pdf.set_draw_color(*_RULE)
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


class _Pages(FPDF):
    """A4 pages with a header and a footer, in the document's fonts."""

    def __init__(
        self,
        title: str,
        subtitle: str,
        sender: str,
        address: str,
        *,
        landscape: bool,
        fallback: Path | None,
    ) -> None:
        super().__init__(orientation="landscape" if landscape else "portrait", format="A4")
        self._titles = title, subtitle
        self._sender, self._address = sender, address
        self.add_font("house", "", REGULAR)
        self.add_font("house", "B", BOLD)
        if fallback is not None:
            self.add_font("fallback", "", fallback)
            self.add_font("fallback", "B", fallback)
            self.set_fallback_fonts(["fallback"])
        self.set_margins(MARGIN, MARGIN)
        self.set_auto_page_break(True, margin=MARGIN + LINE)

    def style(self, *, size: float, bold: bool = False, quiet: bool = False) -> None:
        self.set_font("house", "B" if bold else "", size)
        self.set_text_color(*(_QUIET if quiet else _INK))

    def header(self) -> None:
        title, subtitle = self._titles
        self.style(size=9, quiet=True)
        self.multi_cell(0, LINE, self._sender, align="L", new_x="LMARGIN", new_y="NEXT")
        self.style(size=16, bold=True)
        self.multi_cell(0, 8, title, align="L", new_x="LMARGIN", new_y="NEXT")
        if subtitle:
            self.style(size=11)
            self.multi_cell(0, LINE + 1, subtitle, align="L", new_x="LMARGIN", new_y="NEXT")
        self.ln(1)
        self.set_draw_color(*_RULE)
        self.line(self.l_margin, self.get_y(), self.w - self.r_margin, self.get_y())
        self.ln(4)

    def footer(self) -> None:
        self.set_y(-MARGIN)
        self.style(size=8, quiet=True)
        self.cell(self.epw * 0.8, LINE, self._fitting(self._address, self.epw * 0.8))
        self.cell(0, LINE, f"{self.page_no()} / {{nb}}", align="R")

    def _fitting(self, text: str, width: float) -> str:
        """Return as much of a text as one line of this width holds."""
        if self.get_string_width(text) <= width - 2:
            return text
        while text and self.get_string_width(text + "…") > width - 2:
            text = text[:-1]
        return text + "…"


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
