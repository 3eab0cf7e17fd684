"""Prices in whole minor units (cents, pence, yen), with the taxes that they include.

No fraction of a unit exists anywhere in Portico: each amount is rounded once, half up, when
it is made, and sums are sums of rounded amounts, so that items always add up to their total.
"""

from collections.abc import Iterable
from dataclasses import dataclass

#: The money that guests can pay with. Source: ISO 4217, list one, of January 2026, without the
#: codes of funds (CLF, UYW, XDR), metals (XAU) and tests (XTS, XXX), in which no ticket is paid.
_IN_USE = """
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD
    CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD
    GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD
    KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO
    NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE
    SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VED VES VND
    VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG
"""
CURRENCIES = frozenset(_IN_USE.split())

#: Decimal places of the currencies whose minor unit is not a hundredth. Source: ISO 4217, list one.
#: The funds among them are not sold in; amounts that were stored before are still shown right.
_PRECISION = {
    **dict.fromkeys(["BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF"], 0),
    **dict.fromkeys(["UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"], 0),
    **dict.fromkeys(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"], 3),
    **dict.fromkeys(["CLF", "UYW"], 4),
}

#: The highest price of one ticket, in minor units: ten thousand million euros. A booking of 1000
#: tickets then stays below 2 ** 53, up to where every JSON reader knows whole numbers exactly, and
#: its percentages (times 200) inside 64 bits, in which PostgreSQL reckons.
HIGHEST_PRICE_MINOR = 1_000_000_000_000

WHOLE_BASIS_POINTS = 10_000


def currency_precision(currency: str) -> int:
    """Return how many decimal places the currency's minor unit stands for: 2 for EUR, 0 for JPY."""
    return _PRECISION.get(currency, 2)


def amount_text(amount_minor: int, currency: str) -> str:
    """Return an amount as people write it: ``EUR 45.00``, ``JPY 4,500``."""
    return f"{currency} {decimal_text(amount_minor, currency_precision(currency), thousands=',')}"


def decimal_text(amount_minor: int, precision: int, *, thousands: str = "") -> str:
    """Return minor units as a decimal number with ``precision`` places: ``1234.50``."""
    sign = "-" if amount_minor < 0 else ""
    whole, rest = divmod(abs(amount_minor), 10**precision)
    grouped = f"{whole:,}".replace(",", thousands)
    return f"{sign}{grouped}.{rest:0{precision}}" if precision else f"{sign}{grouped}"


@dataclass(frozen=True, slots=True)
class Tax:
    """The part of each amount that is one tax, in minor units."""

    name: str
    original_minor: int
    retail_minor: int
    net_minor: int


@dataclass(frozen=True, slots=True)
class TaxRate:
    """A tax that prices include: ``VAT 23%`` is ``TaxRate("VAT 23%", 2300)``."""

    name: str
    basis_points: int

    def included_in(self, amount_minor: int) -> int:
        """Return the tax inside an amount that already includes it, rounded half up."""
        whole = WHOLE_BASIS_POINTS + self.basis_points
        return (2 * amount_minor * self.basis_points + whole) // (2 * whole)


@dataclass(frozen=True, slots=True)
class Price:
    """A price: what a guest pays (retail), the list price (original), what a partner pays (net)."""

    currency: str
    original_minor: int
    retail_minor: int
    net_minor: int
    taxes: tuple[Tax, ...] = ()

    def times(self, quantity: int) -> "Price":
        """Return this price multiplied by ``quantity``, taxes included."""
        return Price(
            self.currency,
            self.original_minor * quantity,
            self.retail_minor * quantity,
            self.net_minor * quantity,
            tuple(
                Tax(
                    name=tax.name,
                    original_minor=tax.original_minor * quantity,
                    retail_minor=tax.retail_minor * quantity,
                    net_minor=tax.net_minor * quantity,
                )
                for tax in self.taxes
            ),
        )


def price_for_partner(
    *,
    currency: str,
    original_minor: int,
    retail_minor: int,
    commission_basis_points: int,
    tax_rates: Iterable[TaxRate],
) -> Price:
    """Return the price for a partner that keeps ``commission_basis_points`` of the retail price.

    The net price is rounded half up; each tax is worked out on the rounded amount it is part of.
    """
    kept = WHOLE_BASIS_POINTS - commission_basis_points
    net_minor = (2 * retail_minor * kept + WHOLE_BASIS_POINTS) // (2 * WHOLE_BASIS_POINTS)
    return Price(
        currency=currency,
        original_minor=original_minor,
        retail_minor=retail_minor,
        net_minor=net_minor,
        taxes=tuple(
            Tax(
                name=rate.name,
                original_minor=rate.included_in(original_minor),
                retail_minor=rate.included_in(retail_minor),
                net_minor=rate.included_in(net_minor),
            )
            for rate in tax_rates
        ),
    )


def total(prices: Iterable[Price], *, currency: str) -> Price:
    """Add prices of one currency up, tax by tax; without prices, the sum is zero.

    Raises:
        ValueError: the prices are not all in ``currency``.
    """
    original_minor = retail_minor = net_minor = 0
    taxes: dict[str, Tax] = {}
    for price in prices:
        if price.currency != currency:
            raise ValueError(f"cannot add {price.currency} to a total in {currency}")
        original_minor += price.original_minor
        retail_minor += price.retail_minor
        net_minor += price.net_minor
        for tax in price.taxes:
            so_far = taxes.get(tax.name, Tax(tax.name, 0, 0, 0))
            taxes[tax.name] = Tax(
                name=tax.name,
                original_minor=so_far.original_minor + tax.original_minor,
                retail_minor=so_far.retail_minor + tax.retail_minor,
                net_minor=so_far.net_minor + tax.net_minor,
            )
    return Price(currency, original_minor, retail_minor, net_minor, tuple(taxes.values()))
