"""Amounts of money as staff read them."""

from shared_domain.money import currency_precision


def money(amount_minor: int | None, currency: str) -> str:
    """Return an amount as people write it: ``EUR 45.00``, ``JPY 4,500``."""
    if amount_minor is None:
        return "–"
    decimals = currency_precision(currency)
    return f"{currency} {amount_minor / 10**decimals:,.{decimals}f}"
