"""Normalise texts of one line or several: blanks, invisible and control characters, length."""

import re
import unicodedata

from shared_domain.contact_data.errors import ControlCharacter, InvalidText, TooLong

#: Names, references and every other text of one line that has no shorter limit of its own.
LONGEST_LINE = 255

#: Notes and reasons, which may have several lines.
LONGEST_NOTE = 10_000

#: Letters and symbols by their category that are drawn as nothing.
#: Source: Unicode, DerivedCoreProperties, Default_Ignorable_Code_Point; and the blanks among
#: braille patterns, musical symbols and hieroglyphs.
_DRAWN_AS_NOTHING = frozenset("\u115f\u1160\u3164\uffa0\u2800\U0001d159\U00013441\U00013442")

#: Categories of controls, formats, lone surrogates, separators, and marks that stand on nothing.
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Zs", "Zl", "Zp", "Mn", "Mc", "Me"})

#: Control characters that are typed: tab and line breaks.
_WHITE_CONTROLS = frozenset("\t\n\r\x0b\x0c\x85")

#: What the flags of regions are made of, behind a black flag.
_TAGS = frozenset(map(chr, range(0xE0020, 0xE0080)))

#: Control characters that no keyboard types, and lone surrogates.
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff]")

#: Format characters (category Cf) that carry no meaning. Not among them are joiners, marks of
#: direction that stand on their own, signs before Arabic numbers, and tags.
_MEANINGLESS = re.compile(
    "[\xad\u180e\u200b\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0001]"
)

_LINE_BREAK = re.compile("\r\n|[\n\r\x0b\x0c\x85\u2028\u2029]")

_LINE_BREAK_OR_TAB = re.compile(f"{_LINE_BREAK.pattern}|\t")


def is_blank(text: str) -> bool:
    """Return whether a text has no visible character, as when all are blank or of zero width."""
    return not any(map(_is_visible, text))


def normalise_line(text: str, *, longest: int = LONGEST_LINE) -> str:
    """Return the text on one line, without blanks around it; "" when it is blank.

    Line breaks and tabs become spaces, invisible characters that carry no meaning go, and the
    rest is composed (NFC), so that two texts that look alike are alike.

    Raises:
        InvalidText: it holds a control character, or is longer than ``longest``.
    """
    check_length(text, longest)
    return _normalise(_LINE_BREAK_OR_TAB.sub(" ", text), longest)


def normalise_note(text: str, *, longest: int = LONGEST_NOTE) -> str:
    """Return a text of several lines, each ended by one line feed; "" when it is blank.

    Raises:
        InvalidText: it holds a control character, or is longer than ``longest``.
    """
    check_length(text, longest)
    return _normalise(_LINE_BREAK.sub("\n", text), longest)


def shown_on_one_line(text: str) -> str:
    """Return a stored text as one line that is fit for a mail, whatever rules it was stored under.

    It refuses no text: a character that cannot be in a line becomes a space.
    """
    return " ".join(_CONTROL.sub(" ", _MEANINGLESS.sub("", text)).split())


def search_term(text: str) -> str:
    """Return what was typed into a search box, normalised like a stored line."""
    return unicodedata.normalize("NFC", strip_blanks(shown_on_one_line(text)))


def search_key(text: str) -> str:
    """Return the text as it is compared in a search: its ``search_term``, case-folded."""
    return unicodedata.normalize("NFC", search_term(text).casefold())


def strip_blanks(text: str) -> str:
    """Return the text without invisible characters at either end; "" when it is blank.

    Control characters are kept, so that the rules for them still apply.
    """
    if is_blank(text) and not _CONTROL.search(text):
        return ""
    first, last = 0, len(text)
    while first < last and _is_trimmed(text[first]):
        first += 1
    while first < last and _is_trimmed(text[last - 1]):
        last -= 1
    return text[first:last]


def check_characters(text: str) -> None:
    """Refuse control characters, save for line breaks and tabs.

    Raises:
        InvalidText: it holds one.
    """
    found = _CONTROL.search(text)
    if found:
        raise InvalidText(ControlCharacter(ord(found[0])))


def check_length(text: str, longest: int) -> None:
    """Refuse a text that is too long as it was sent, blanks included.

    That is what the ``maxLength`` of a JSON Schema promises, and it bounds the work on any text.

    Raises:
        InvalidText: it has more than ``longest`` characters.
    """
    if len(text) > longest:
        raise InvalidText(TooLong(longest))


def _normalise(text: str, longest: int) -> str:
    check_characters(text)
    plain = strip_blanks(unicodedata.normalize("NFC", strip_blanks(_MEANINGLESS.sub("", text))))
    # The composed form of a few letters is the longer one.
    check_length(plain, longest)
    return plain


def _is_visible(char: str) -> bool:
    if char.isascii():
        return "!" <= char <= "~"
    return unicodedata.category(char) not in _INVISIBLE and char not in _DRAWN_AS_NOTHING


def _is_trimmed(char: str) -> bool:
    if char.isascii():
        return char in _WHITE_CONTROLS or char == " "
    # Marks belong to what they stand on, and tags to the flag before them.
    is_blank_letter = char in _DRAWN_AS_NOTHING or char in _WHITE_CONTROLS
    return is_blank_letter or (
        unicodedata.category(char) in {"Cf", "Zs", "Zl", "Zp"} and char not in _TAGS
    )
