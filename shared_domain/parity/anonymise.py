"""Anonymise recorded requests: the same shape, with values replaced by keyed pseudonyms.

One value has one pseudonym under one key, so relations between requests survive: a user created in
one request is found in the next.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from math import isfinite

from shared_domain.parity.differences import escape_key, is_field_name
from shared_domain.parity.rules import Rules
from shared_domain.parity.scalars import UUID_PATTERN

_UUID = re.compile(UUID_PATTERN)
_EMAIL = re.compile(r"[^\s@]+@[^\s@]+")
_BEGINS_WITH_DATE = re.compile(r"(\d{4}-\d\d-\d\d)((?:[T ]\d\d:\d\d[\d:.,+\-Z ]*)?)")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_LETTERS = bytes(ord("a") + byte % 26 for byte in range(256))
_DIGITS = bytes(ord("0") + byte % 10 for byte in range(256))

#: Whole weeks, so that a weekday stays one.
_MOST_WEEKS_SHIFTED = 150


def anonymised_json(value: object, *, key: bytes, rules: Rules) -> object:
    """Return the JSON with every value that is not public replaced by one of its kind.

    True, false, null and the names of fields stay. Texts and numbers keep their length, numbers
    their sign. A key that looks like no field's name is replaced like a text.
    """
    return _Anonymiser(key, rules).anonymise(value, "")


class _Anonymiser:
    def __init__(self, key: bytes, rules: Rules) -> None:
        self._key = key
        self._rules = rules
        weeks = 1 + int.from_bytes(self._noise("weeks", "", 4)) % _MOST_WEEKS_SHIFTED
        self._shift = timedelta(weeks=weeks)

    def anonymise(self, value: object, path: str) -> object:
        if isinstance(value, Mapping):
            return self._object(value, path)
        if isinstance(value, list | tuple):
            return [self.anonymise(item, f"{path}/{place}") for place, item in enumerate(value)]
        if value is None or isinstance(value, bool):
            return value
        if self._rules.is_public(path or "/"):
            return float(value) if isinstance(value, Decimal) else value
        if isinstance(value, int):
            return int(self._digits(str(value)))
        if isinstance(value, float | Decimal):
            number = float(self._digits(str(value)))
            # A decimal may be larger than any number that JSON is sure to carry.
            return number if isfinite(number) else 0.0
        return self._text(str(value))

    def _object(self, members: Mapping[object, object], path: str) -> dict[str, object]:
        invented: dict[str, object] = {}
        for name, item in members.items():
            shown = str(name)
            if not is_field_name(shown):
                shown = self._text(shown)
                while shown in invented:
                    shown += "x"
            invented[shown] = self.anonymise(item, f"{path}/{escape_key(str(name))}")
        return invented

    def _text(self, text: str) -> str:
        if _UUID.fullmatch(text):
            return self._uuid(text)
        if _EMAIL.fullmatch(text):
            return self._email(text)
        if found := _BEGINS_WITH_DATE.fullmatch(text):
            return self._later(found[1]) + found[2]
        if _NUMBER.fullmatch(text):
            return self._digits(text)
        return self._letters(text, len(text))

    def _uuid(self, text: str) -> str:
        plain = text.replace("-", "").lower()
        invented = self._noise("uuid", plain, 16).hex()
        # The version and the variant stay, so that the UUID remains valid.
        invented = invented[:12] + plain[12] + invented[13:16] + plain[16] + invented[17:]
        parts = (invented[:8], invented[8:12], invented[12:16], invented[16:20], invented[20:])
        return "-".join(parts) if text == text.lower() else "-".join(parts).upper()

    def _email(self, text: str) -> str:
        """Return an address of the same length under ``.example``, which is reserved (RFC 2606).

        The users' API takes such an address, while it refuses ``.test``, so a replayed request is
        answered like the recorded one. An address too short for it keeps its shape, with a domain
        of the letter q alone, which no top-level domain is.
        """
        ending = f"@{self._letters(f'label {text}', 1)}.example"
        if len(text) > len(ending):
            return self._letters(text, len(text) - len(ending)) + ending
        local, _, domain = text.partition("@")
        return f"{self._letters(text, len(local))}@{re.sub(r'[^.]', 'q', domain)}"

    def _later(self, text: str) -> str:
        try:
            return (date.fromisoformat(text) + self._shift).isoformat()
        except (ValueError, OverflowError):
            return self._digits(text)

    def _digits(self, text: str) -> str:
        """Replace the digits before any exponent; the first stays no zero, zero stays zero."""
        mantissa, sign, exponent = text.lower().partition("e")
        if not mantissa.strip("-+0."):
            return text
        noise = iter(self._noise("digits", text, len(mantissa)).translate(_DIGITS).decode())
        invented = []
        is_first = True
        for letter in mantissa:
            if not letter.isdigit() or (is_first and letter == "0"):
                invented.append(letter)
                continue
            digit = next(noise)
            if is_first and digit == "0":
                digit = "1"
            is_first = False
            invented.append(digit)
        return "".join(invented) + sign + exponent

    def _letters(self, text: str, length: int) -> str:
        return self._noise("letters", text, length).translate(_LETTERS).decode()

    def _noise(self, purpose: str, text: str, length: int) -> bytes:
        content = f"{purpose}:{text}".encode("utf-8", "surrogatepass")
        seed = hmac.new(self._key, content, hashlib.sha256).digest()
        return hashlib.shake_256(seed).digest(length)
