"""Texts for PDF documents: a character that no font has is shown as a box.

Guests' names may have any script. The fonts have Latin, Greek, Cyrillic, Armenian and Georgian
letters; ``PORTICO_DOCUMENT_FONT`` adds those of another font, such as a Japanese one. A character
that both lack is shown as ``□``, so that a reader sees that it is missing.
"""

import unicodedata
from functools import cache
from pathlib import Path

FONTS = Path(__file__).parent / "fonts"
REGULAR, BOLD = FONTS / "DejaVuSans.ttf", FONTS / "DejaVuSans-Bold.ttf"

REPLACEMENT = "□"

#: Unicode's categories of characters that take no room: control, format, surrogate, unassigned.
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Cn", "Co"})


@cache
def supported_characters(font: Path) -> frozenset[int]:
    """Return the code points for which a font has a glyph."""
    # Imported here, as the PDF library is: see core_site/documents/page.py.
    from fontTools.ttLib import TTFont

    with TTFont(font, lazy=True) as opened:
        return frozenset(opened.getBestCmap() or ())


def printable(text: object, *, fallback: Path | None = None) -> str:
    """Return the text in NFC, with ``□`` for each character that the fonts lack.

    Line breaks stay, other control characters become spaces, and format characters, such as marks
    of direction, are removed.
    """
    known = supported_characters(REGULAR)
    if fallback is not None:
        known |= supported_characters(fallback)
    composed = unicodedata.normalize("NFC", str(text).replace("\r\n", "\n"))
    return "".join(_shown(character, known) for character in composed)


def _shown(character: str, known: frozenset[int]) -> str:
    if character == "\n":
        return character
    category = unicodedata.category(character)
    if category == "Cc":
        return " "
    if category == "Zs":
        return " " if character != "\u00a0" else character
    # Variation selectors choose between pictures of the character before them.
    if category == "Cf" or "\ufe00" <= character <= "\ufe0f":
        return ""
    if category in _INVISIBLE or ord(character) not in known:
        return REPLACEMENT
    return character
