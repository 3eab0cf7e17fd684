"""Contact data has one normal form: what cannot be used is refused without being repeated."""

import sys
import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared_domain import contact_data
from shared_domain.contact_data import InvalidText

Rule = Callable[[str], str]

#: One character of each kind that cannot be seen, and texts of them.
BLANKS = {
    "nothing": "",
    "a space": " ",
    "a tab": "\t",
    "a line break": "\r\n",
    "a no-break space": "\u00a0",
    "an ideographic space": "\u3000",
    "a zero-width space": "\u200b",
    "a zero-width joiner": "\u200d",
    "a word joiner": "\u2060",
    "a byte order mark": "\ufeff",
    "a soft hyphen": "\u00ad",
    "a blank of braille": "\u2800",
    "fillers of Hangul": "\u115f\u1160\u3164\uffa0",
    "a mark on nothing": "\u0301",
    "a variation selector": "\ufe0f",
    "marks of direction": "\u200e\u200f\u202a\u202c",
    "separators of lines and paragraphs": "\u2028\u2029\x85\x0b\x0c",
    "many of them": " \u200b\u00a0\u3164\u0301 ",
}


@pytest.mark.parametrize("text", BLANKS.values(), ids=BLANKS)
def test_what_cannot_be_seen_is_blank(text: str) -> None:
    assert contact_data.is_blank(text)
    assert contact_data.normalise_line(text) == contact_data.normalise_note(text) == ""


@pytest.mark.parametrize(
    "text", ["-", "Ana", " é ", "e\u0301", "\u0e01\u0e33", "李", "🛶", "\ue000", "ا\u200c", "0"]
)
def test_what_can_be_seen_is_not(text: str) -> None:
    assert not contact_data.is_blank(text)


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        (" Clara ", "Clara"),
        ("\u200bClara\u00a0\ufeff", "Clara"),
        ("Clara\nDuarte", "Clara Duarte"),
        ("Clara\r\nDuarte", "Clara Duarte"),
        ("Clara\tDuarte", "Clara Duarte"),
        ("Clara\u2028Duarte\x85\x0b\x0c", "Clara Duarte"),
        ("\u202eClara\u202c \u2066Duarte\u2069", "Clara Duarte"),
        ("Cla\u200bra\u00ad", "Clara"),
        ("Jose\u0301", "José"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("👩\u200d🚀", "👩\u200d🚀"),
        ("O'Neill  & Co", "O'Neill  & Co"),
        ("✌\ufe0f", "✌\ufe0f"),
    ],
)
def test_a_line_is_trimmed_and_stays_one_line(sent: str, stored: str) -> None:
    assert contact_data.normalise_line(sent) == stored


def test_a_note_keeps_its_lines() -> None:
    assert contact_data.normalise_note(" a\r\n\tb\u2028c\rd\n ") == "a\n\tb\nc\nd"


#: Format characters that change how what stands beside them is read.
MEANINGFUL = ("ARABIC", "SYRIAC", "KAITHI", "ZERO WIDTH", "TAG", "CANCEL TAG", "LEFT-TO-RIGHT MARK",
              "RIGHT-TO-LEFT MARK")  # fmt: skip


#: Every code point but most of those that are in planes of one kind: unassigned, private, or Han.
SOME_OF_EACH_KIND = (
    *range(0x20000),
    *range(0x20000 - 0x20000 % 100, sys.maxunicode + 1, 100),
    *range(0xE0000, 0xE0200),
)


def test_no_character_of_unicode_breaks_a_line_or_turns_it_round() -> None:
    for code in SOME_OF_EACH_KIND:
        char = chr(code)
        category = unicodedata.category(char)
        if category in {"Cn", "Co", "Lo"} and code % 100:
            # Nine in ten code points are unassigned, private, or letters of scripts without case,
            # and one is like the other.
            continue
        try:
            stored = contact_data.normalise_line(f"a{char}b")
        except InvalidText:
            assert category in {"Cc", "Cs"}
            continue
        assert len(stored.splitlines()) == 1
        if category in {"Cc", "Zl", "Zp"}:
            assert stored == "a b"
        elif stored == "ab":
            assert category in {"Cf", "Cn"}
        elif category == "Cf":
            assert unicodedata.name(char).startswith(MEANINGFUL)


CONTROLS = ["\x00", "\x07", "\x1b", "\x1f", "\x7f", "\x80", "\x9f", "\ud800"]


@pytest.mark.parametrize("control", CONTROLS, ids=ascii)
@pytest.mark.parametrize(
    "rule",
    [contact_data.normalise_line, contact_data.normalise_note, contact_data.normalise_email],
)
@pytest.mark.parametrize("text", ["{}", "cla{}ra", "{}clara", "clara{}"])
def test_control_characters_are_refused_by_their_number(
    rule: Rule, control: str, text: str
) -> None:
    with pytest.raises(InvalidText) as refused:
        rule(text.format(control))

    assert refused.value.flaw == contact_data.ControlCharacter(ord(control))


@pytest.mark.parametrize(
    ("rule", "longest"),
    [
        (contact_data.normalise_line, contact_data.LONGEST_LINE),
        (contact_data.normalise_note, contact_data.LONGEST_NOTE),
    ],
)
def test_a_length_counts_what_was_sent(rule: Rule, longest: int) -> None:
    assert rule("  " + "x" * (longest - 3) + "\n") == "x" * (longest - 3)
    for sent in ("x" * (longest + 1), "x" * longest + " ", " " * (longest + 1), "\u0958" * longest):
        with pytest.raises(InvalidText, match=rf"TooLong\(most={longest}\)"):
            rule(sent)


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("clara@example.com", "clara@example.com"),
        (" Clara.Duarte@EXAMPLE.com\n", "Clara.Duarte@example.com"),
        ("\u202aclara@example.com\u202c", "clara@example.com"),
        ("o'neill+tours@mail.example", "o'neill+tours@mail.example"),
        ("jürgen@müller.example", "jürgen@müller.example"),
        ("ju\u0308rgen@XN--MLLER-KVA.example", "jürgen@müller.example"),
        ("用户@例え.jp", "用户@例え.jp"),
        ("a@straße.de", "a@straße.de"),
    ],
)
def test_an_address_is_what_the_library_takes(sent: str, stored: str) -> None:
    assert contact_data.normalise_email(sent) == stored


@pytest.mark.parametrize(
    ("sent", "rule"),
    [
        ("", "length"),
        ("\u00a0", "length"),
        ("x" * 250 + "@example.com", "length"),
        ("cla ra@example.com", "characters"),
        ("clara@example.com\nBcc: eve@example.com", "characters"),
        ("nonsense", "email_address"),
        ("a@b", "email_address"),
        ("a..b@example.com", "email_address"),
        ("a@localhost", "email_address"),
        ("a@hotel.test", "email_address"),
        ("a@[127.0.0.1]", "email_address"),
        ("Clara <clara@example.com>", "characters"),
        ("a@example.com,b@example.com", "email_address"),
        ("cla\u200bra@example.com", "email_address"),
    ],
)
def test_what_is_no_address_is_refused(sent: str, rule: str) -> None:
    with pytest.raises(InvalidText) as refused:
        contact_data.normalise_email(sent)

    assert refused.value.flaw.rule == rule
    assert "clara" not in str(refused.value)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ANA@example.com", "ana@EXAMPLE.com"),
        ("JÜRGEN@example.com", "ju\u0308rgen@example.com"),
        ("strasse@example.com", "STRAßE@example.com"),
        ("ΣΊΣΥΦΟΣ@example.com", "σίσυφος@example.com"),
        ("İ@example.com", "i\u0307@example.com"),
    ],
)
def test_addresses_are_compared_case_folded(one: str, other: str) -> None:
    assert contact_data.email_key(one) == contact_data.email_key(other)


@pytest.mark.parametrize(
    ("address", "mailbox"),
    [
        ("clara@example.com", ("clara@example.com", False)),
        ("clara@straße.de", ("clara@xn--strae-oqa.de", False)),
        ("jürgen@müller.example", ("jürgen@xn--mller-kva.example", True)),
    ],
)
def test_a_mail_server_gets_the_domain_in_ascii(address: str, mailbox: tuple[str, bool]) -> None:
    assert contact_data.mailbox_for_smtp(address) == mailbox


@pytest.mark.parametrize(
    ("sent", "country", "stored"),
    [
        ("+351 210 000 000", None, "+351210000000"),
        ("\u202a+351 210\u00a0000\u00a0000\u202c", "DE", "+351210000000"),
        ("＋３５１ ２１０ ０００ ０００", None, "+351210000000"),
        ("tel:+351-210-000-000", None, "+351210000000"),
        ("+351 (210) 000-000 ext. 12", None, "+351210000000 ext. 12"),
        ("+39 06 698 1234", None, "+39066981234"),
        ("210 000 000", "PT", "+351210000000"),
        ("00351 210 000 000", "PT", "+351210000000"),
        ("(202) 555-0112 x7", "US", "+12025550112 ext. 7"),
        ("210 000 000", None, "210 000 000"),
        ("210 000 000", "XK", "210 000 000"),
        ("12345", "PT", "12345"),
        ("112", None, "112"),
        ("+999 123 456", None, "+999 123 456"),
        ("912 345 678 / 913 000 000", "PT", "912 345 678 / 913 000 000"),
        ("+351 210 000 000 (hotel)", "PT", "+351 210 000 000 (hotel)"),
    ],
)
def test_a_telephone_number_is_stored_as_e164_or_as_typed(
    sent: str, country: str | None, stored: str
) -> None:
    assert contact_data.normalise_telephone(sent, country=country) == stored


@pytest.mark.parametrize(
    ("stored", "url"),
    [
        ("+351912345678", "tel:+351912345678"),
        ("+12025550112 ext. 7", "tel:+12025550112;ext=7"),
        ("210 000 000", "tel:210000000"),
    ],
)
def test_an_extension_is_not_dialled_with_its_number(stored: str, url: str) -> None:
    assert contact_data.build_telephone_url(stored) == url


@pytest.mark.parametrize("sent", ["nonsense", "n/a", "-", "+", "12", "call me at 5", "room 101 b"])
@pytest.mark.parametrize("country", [None, "PT", "US"])
def test_a_number_that_cannot_be_dialled_is_refused(sent: str, country: str | None) -> None:
    with pytest.raises(InvalidText, match="TELEPHONE"):
        contact_data.normalise_telephone(sent, country=country)


@pytest.mark.parametrize(
    ("sent", "stored"), [("PT", "PT"), ("pt", "PT"), (" gB\n", "GB"), ("xk", "XK"), ("aq", "AQ")]
)
def test_a_country_is_stored_in_capitals(sent: str, stored: str) -> None:
    assert contact_data.normalise_country(sent) == stored


@pytest.mark.parametrize("sent", ["Portugal", "XX", "ZZ", "P", "PRT", "", "ß", "1A", "ＰＴ"])
def test_a_country_exists(sent: str) -> None:
    with pytest.raises(InvalidText, match="COUNTRY"):
        contact_data.normalise_country(sent)


def test_every_country_of_the_standard_is_known() -> None:
    assert len(contact_data.COUNTRIES) == 249 + 1
    assert contact_data.COUNTRIES["PT"] == "Portugal"


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("pt", "pt"),
        ("en_GB", "en-GB"),
        ("EN-gb", "en-GB"),
        (" zh_hant_tw ", "zh-Hant-TW"),
        ("es-419", "es-419"),
        ("DE-ch-1996", "de-CH-1996"),
        ("sl-rozaj-BISKE", "sl-rozaj-biske"),
        ("en-US-U-islamcal", "en-US-u-islamcal"),
        ("ja-JP-x-TOKYO", "ja-JP-x-tokyo"),
        ("az-latn-x-latn", "az-Latn-x-latn"),
    ],
)
def test_a_locale_is_stored_in_its_canonical_spelling(sent: str, stored: str) -> None:
    assert contact_data.normalise_locale(sent) == stored


@pytest.mark.parametrize(
    "sent",
    [
        "",
        "p",
        "pt_PT!",
        "Portuguese",
        "english",
        "pt--PT",
        "en-",
        "12",
        "pt-PT-" + "x" * 40,
        "en GB",
    ],
)
def test_what_is_no_language_tag_is_refused(sent: str) -> None:
    with pytest.raises(InvalidText, match="LOCALE"):
        contact_data.normalise_locale(sent)


@pytest.mark.parametrize(
    ("sent", "stored"), [("8:05", "08:05"), (" 23.59", "23:59"), ("8H30", "08:30"), (" ", "")]
)
def test_a_time_of_day_has_one_spelling(sent: str, stored: str) -> None:
    assert contact_data.normalise_time(sent) == stored


@pytest.mark.parametrize("sent", ["24:00", "8", "0830", "8:5", "8:60", "٨:٣٠", "at noon"])
def test_what_is_no_time_of_day_is_refused(sent: str) -> None:
    with pytest.raises(InvalidText, match="TIME"):
        contact_data.normalise_time(sent)


ODD = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from("aZ09+()-. @_\u00a0\u200b\u202e\n\r\t\u2800\u3164\u0301\u00df\u0130\ufe0f"),
    ),
    max_size=30,
)

RULES: list[Rule] = [
    contact_data.normalise_line,
    contact_data.normalise_note,
    contact_data.normalise_email,
    contact_data.normalise_telephone,
    contact_data.normalise_country,
    contact_data.normalise_locale,
    contact_data.normalise_time,
    contact_data.search_key,
    contact_data.shown_on_one_line,
]

EMAILS = st.builds("{}@{}".format, ODD, st.sampled_from(["example.com", "Straße.de", "例え.jp"]))

NUMBERS = st.builds("+{}{}".format, st.integers(1, 10**14), st.sampled_from(["", " x9", " (a)"]))


@pytest.mark.parametrize("rule", RULES)
@given(text=ODD | EMAILS | NUMBERS)
def test_the_normal_form_is_normal(rule: Rule, text: str) -> None:
    try:
        once = rule(text)
    except InvalidText:
        return

    assert rule(once) == once
    assert rule(f" \u00a0{once}\n") == once


@given(text=ODD)
def test_a_line_is_shown_on_one_line_whatever_it_was(text: str) -> None:
    shown = contact_data.shown_on_one_line(text)

    assert len(shown.splitlines()) <= 1
    assert not any(unicodedata.category(char) == "Cc" for char in shown)
