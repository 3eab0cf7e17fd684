"""The text of an idempotency key, as a caller sends it in a header.

Source: draft-ietf-httpapi-idempotency-key-header, section 2.1: a String of RFC 9651, which stands
in quotes. Many programs leave the quotes out; the key is the same then.

A key has no comma. Where a header is sent twice, servers join both values by a comma (RFC 9110,
section 5.3) before Django sees them: one text, in which two keys would pass for one.
"""

import re

from shared_domain.idempotency.errors import InvalidKey, KeyProblem

LONGEST_KEY = 255

_QUOTED = re.compile(r'"((?:[^"\\]|\\["\\])*)"')
_ESCAPED = re.compile(r'\\(["\\])')
_PRINTABLE_ASCII = re.compile(r"[ -~]*")


def parse_key(text: str) -> str:
    """Parse the value of the header Idempotency-Key, quoted or not, and return the key.

    Raises:
        InvalidKey: it is empty, too long, not ASCII, has a comma, or a quote has no end.
    """
    text = text.strip(" \t")
    if not _PRINTABLE_ASCII.fullmatch(text):
        raise InvalidKey(KeyProblem.NOT_ASCII)
    if "," in text:
        raise InvalidKey(KeyProblem.COMMA)
    key = text
    if text.startswith('"'):
        quoted = _QUOTED.fullmatch(text)
        if quoted is None:
            raise InvalidKey(KeyProblem.OPEN_QUOTE)
        key = _ESCAPED.sub(r"\1", quoted[1])
    if not key:
        raise InvalidKey(KeyProblem.EMPTY)
    if len(key) > LONGEST_KEY:
        raise InvalidKey(KeyProblem.TOO_LONG)
    return key
