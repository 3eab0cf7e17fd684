"""Amounts of money and percentages as staff read and type them.

Stored are whole numbers: minor units of a currency, and basis points. Staff type the currency's
major units, and per cent. Everything here is exact; no amount is ever a float.

How a typed amount is parsed, so that no guest pays a thousand times the intended price:

- A point begins the decimals, as on the pages: ``45.50``. ``45`` is forty-five.
- A comma begins the decimals, too, unless it could separate thousands: ``45,5``. ``1,234`` is
  refused as ambiguous, except in a currency without decimals: JPY 1,234 is one thousand and more.
- Thousands may be grouped with commas, points, spaces or apostrophes when that is unambiguous:
  ``25,000,000``, ``1.234,50``, ``25 000 000``.
- The currency's own code may stand before or after the number, as on the pages.
"""

import re

from django.utils.html import format_html
from django.utils.safestring import SafeString

from shared_domain.money import (
    HIGHEST_PRICE_MINOR,
    WHOLE_BASIS_POINTS,
    amount_text,
    currency_precision,
    decimal_text,
)

_SPACES = "[ \u00a0\u2009\u202f'\u2019]"
_PLAIN = re.compile(r"(?P<whole>[0-9]+)(?:[.,](?P<decimals>[0-9]+))?\Z")
_GROUPED = [
    # The separator of thousands, and what may then begin the decimals.
    re.compile(rf"(?P<whole>[0-9]{{1,3}}(?:{_SPACES}[0-9]{{3}})+)(?:[.,](?P<decimals>[0-9]+))?\Z"),
    re.compile(r"(?P<whole>[0-9]{1,3}(?:,[0-9]{3})+)\.(?P<decimals>[0-9]+)\Z"),
    re.compile(r"(?P<whole>[0-9]{1,3}(?:\.[0-9]{3})+),(?P<decimals>[0-9]+)\Z"),
    re.compile(r"(?P<whole>[0-9]{1,3}(?:,[0-9]{3}){2,})(?P<decimals>)\Z"),
    re.compile(r"(?P<whole>[0-9]{1,3}(?:\.[0-9]{3}){2,})(?P<decimals>)\Z"),
]
_UNCLEAR = re.compile(r"[0-9]{1,3},[0-9]{3}\Z")


class AmountUnreadable(ValueError):
    """The typed text is no valid amount or percentage; ``str()`` says what would be right."""


def money(amount_minor: int | None, currency: str) -> str:
    """Return an amount with its currency: ``EUR 45.00``, ``JPY 4,500``; a dash for None."""
    if amount_minor is None:
        return "–"
    return amount_text(amount_minor, currency)


def money_cell(amount_minor: int | None, currency: str, note: str = "") -> SafeString:
    """Return an amount as HTML for a column of a list: aligned to the right, and never wrapped."""
    amount = f"{money(amount_minor, currency)} {note}".rstrip()
    return format_html("<span class='portico-money'>{}</span>", amount)


def typed_money(amount_minor: int, currency: str) -> str:
    """Return an amount as the value of a form field, without currency: ``45.00``, ``4500``."""
    return decimal_text(amount_minor, currency_precision(currency))


def minor_units(text: str, currency: str, *, highest_minor: int = HIGHEST_PRICE_MINOR) -> int:
    """Return a typed amount of ``currency`` in minor units: ``45.5`` euros are 4550.

    Raises:
        AmountUnreadable: the text is no amount, is ambiguous or negative, has too many decimals,
            or is above ``highest_minor``.
    """
    precision = currency_precision(currency)
    number = _without(text, currency)
    if number.startswith(("-", "\u2212")):
        raise AmountUnreadable("An amount is not below zero.")
    if _UNCLEAR.match(number):
        whole, decimals = number.split(",")
        if precision:
            raise AmountUnreadable(
                f"{number} may be {whole}.{decimals} or {whole}{decimals}: write it without the "
                "comma, or with a point."
            )
        return _check_highest(int(whole + decimals), currency, highest_minor)
    matched = _match(number)
    if matched is None:
        raise AmountUnreadable(f"Write an amount such as {_example(currency)}.")
    whole = re.sub(r"[^0-9]", "", matched["whole"])
    decimals = matched["decimals"] or ""
    if len(decimals) > precision:
        has = f"has {precision} decimal places" if precision else "has no decimals"
        raise AmountUnreadable(f"{currency} {has}: write an amount such as {_example(currency)}.")
    amount_minor = int(whole + decimals.ljust(precision, "0"))
    return _check_highest(amount_minor, currency, highest_minor)


def per_cent(basis_points: int) -> str:
    """Return basis points as per cent: 2000 is ``20``, 1250 is ``12.5``."""
    whole, rest = divmod(basis_points, 100)
    return f"{whole}.{rest:02}".rstrip("0") if rest else str(whole)


def basis_points(text: str) -> int:
    """Return a typed percentage in basis points: ``12.5``, ``12,5`` and ``12.5 %`` are 1250.

    Raises:
        AmountUnreadable: it is no percentage from 0 to 100 with at most two decimals.
    """
    matched = _PLAIN.match(text.strip().removesuffix("%").rstrip())
    if matched is None or len(matched["decimals"] or "") > 2:
        raise AmountUnreadable("Write per cent with at most two decimals, such as 20 or 12.5.")
    points = int(matched["whole"] + (matched["decimals"] or "").ljust(2, "0"))
    if points > WHOLE_BASIS_POINTS:
        raise AmountUnreadable("This is at most 100 per cent.")
    return points


def _match(number: str) -> re.Match[str] | None:
    for pattern in (_PLAIN, *_GROUPED):
        if matched := pattern.match(number):
            return matched
    return None


def _without(text: str, currency: str) -> str:
    """Return the typed amount without the currency's code before or after it."""
    number = text.strip()
    for cut in (number.removeprefix(currency), number.removesuffix(currency)):
        if cut != number:
            return cut.strip()
    return number


def _check_highest(amount_minor: int, currency: str, highest_minor: int) -> int:
    if amount_minor > highest_minor:
        raise AmountUnreadable(f"This is at most {money(highest_minor, currency)}.")
    return amount_minor


def _example(currency: str) -> str:
    precision = currency_precision(currency)
    return decimal_text(455 * 10 ** (precision - 1) if precision else 4500, precision)
