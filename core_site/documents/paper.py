"""A4 pages of a PDF document, drawn with the PDF library."""

from pathlib import Path

from fpdf import FPDF

from core_site.documents.style import INK, LINE, MARGIN, QUIET, RULE
from core_site.documents.text import BOLD, REGULAR


class Paper(FPDF):
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
        self.add_font("sans", "", REGULAR)
        self.add_font("sans", "B", BOLD)
        if fallback is not None:
            self.add_font("fallback", "", fallback)
            self.add_font("fallback", "B", fallback)
            self.set_fallback_fonts(["fallback"])
        self.set_margins(MARGIN, MARGIN)
        self.set_auto_page_break(True, margin=MARGIN + LINE)

    def style(self, *, size: float, bold: bool = False, quiet: bool = False) -> None:
        self.set_font("sans", "B" if bold else "", size)
        self.set_text_color(*(QUIET if quiet else INK))

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
        self.set_draw_color(*RULE)
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
