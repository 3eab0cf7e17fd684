"""Products, options, units and prices as one partner sees them, in OCTO's terms."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta, tzinfo
from enum import StrEnum
from typing import NewType

from shared_domain.catalog.cancellation import (
    CancellationPolicy,
    CutoffDescription,
    DurationUnit,
    cutoff_before_start,
    describe_cutoff,
)
from shared_domain.catalog.errors import (
    CurrencyNotOffered,
    OptionNotFound,
    PriceMissing,
    UnitNotFound,
)
from shared_domain.catalog.seasons import ALL_YEAR, Season
from shared_domain.money import Price, TaxRate, price_for_partner
from shared_domain.time_zones import zone

ProductId = NewType("ProductId", int)
OptionId = NewType("OptionId", int)
UnitId = NewType("UnitId", int)


class AvailabilityType(StrEnum):
    START_TIME = "START_TIME"
    OPENING_HOURS = "OPENING_HOURS"


class DeliveryFormat(StrEnum):
    """The formats that a ticket's code is shown in; OCTO's two URL formats are not offered."""

    QRCODE = "QRCODE"
    CODE128 = "CODE128"
    AZTECCODE = "AZTECCODE"


class DeliveryMethod(StrEnum):
    VOUCHER = "VOUCHER"
    TICKET = "TICKET"


class RedemptionMethod(StrEnum):
    DIGITAL = "DIGITAL"
    PRINT = "PRINT"
    MANIFEST = "MANIFEST"


class PricingPer(StrEnum):
    UNIT = "UNIT"
    BOOKING = "BOOKING"


class ContactField(StrEnum):
    # The values are stored with options and units.
    FIRST_NAME = "firstName"
    LAST_NAME = "lastName"
    EMAIL_ADDRESS = "emailAddress"
    PHONE_NUMBER = "phoneNumber"
    COUNTRY = "country"
    NOTES = "notes"
    LOCALES = "locales"
    POSTAL_CODE = "postalCode"

    @property
    def attribute(self) -> str:
        """The name of the attribute of ``bookings.Contact`` that holds this detail."""
        return self.name.lower()


class UnitType(StrEnum):
    ADULT = "ADULT"
    YOUTH = "YOUTH"
    CHILD = "CHILD"
    INFANT = "INFANT"
    FAMILY = "FAMILY"
    SENIOR = "SENIOR"
    STUDENT = "STUDENT"
    MILITARY = "MILITARY"
    OTHER = "OTHER"


@dataclass(frozen=True, slots=True, kw_only=True)
class Supplier:
    """The company that runs this installation."""

    code: str
    name: str
    website: str | None
    email: str | None
    telephone: str | None
    address: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPrice:
    """A price before any partner's terms, for the travel dates of its season."""

    currency: str
    original_minor: int
    retail_minor: int
    season: Season = ALL_YEAR


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    id: UnitId
    code: str
    internal_name: str
    reference: str | None
    type: UnitType
    min_age: int
    max_age: int
    id_required: bool
    min_quantity: int | None
    max_quantity: int | None
    pax_count: int
    accompanied_by: tuple[str, ...]
    required_contact_fields: tuple[ContactField, ...]
    prices: tuple[ListPrice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """A way to book a product: its rules, and the units that are sold.

    ``is_listed`` is false while it lacks what OCTO requires of an option, units or start times:
    then only bookings that were made before show it. ``ending_start_times`` are those of its start
    times that only schedules with a last date have, with the latest of these dates.
    """

    id: OptionId
    code: str
    internal_name: str
    reference: str | None
    is_default: bool
    is_listed: bool = True
    local_start_times: tuple[str, ...]
    ending_start_times: tuple[tuple[str, date], ...] = ()
    cancellation_policy: CancellationPolicy = CancellationPolicy.UNTIL_CUTOFF
    cancellation_cutoff_amount: int
    cancellation_cutoff_unit: DurationUnit
    allows_late_cancellation: bool
    late_refund_percent: int
    required_contact_fields: tuple[ContactField, ...]
    min_units: int
    max_units: int | None
    units: tuple[Unit, ...]
    prices: tuple[ListPrice, ...]

    def start_times_ahead(self, *, today: date) -> tuple[str, ...]:
        """Return the start times of schedules that are not over, or all where every one is."""
        over = {start_time for start_time, last in self.ending_start_times if last < today}
        ahead = tuple(one for one in self.local_start_times if one not in over)
        return ahead or self.local_start_times

    @property
    def cancellation_cutoff(self) -> timedelta:
        """How long before the start (or last closing time) a booking becomes final."""
        return cutoff_before_start(
            self.cancellation_policy,
            self.cancellation_cutoff_amount,
            self.cancellation_cutoff_unit,
        )

    @property
    def cutoff_description(self) -> CutoffDescription:
        """The cancellation policy as partners and staff read it."""
        return describe_cutoff(
            self.cancellation_policy,
            self.cancellation_cutoff_amount,
            self.cancellation_cutoff_unit,
        )

    def unit(self, code: str, *, ticket: int | None = None, party_entry: int | None = None) -> Unit:
        """Return the unit with this code, which a ticket or an entry of a party names.

        Raises:
            UnitNotFound: the option has no such unit.
        """
        for unit in self.units:
            if unit.code == code:
                return unit
        raise UnitNotFound(code, ticket=ticket, party_entry=party_entry)


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """A product with its options, units and prices, and one partner's commission.

    ``revision`` grows with every change of the product or of anything in it, so a copy is good
    for exactly as long as the database still names the same revision. ``is_active`` is false where
    it is switched off, and to a partner without terms for it: then only old bookings show it.
    """

    id: ProductId
    revision: int
    code: str
    internal_name: str
    reference: str | None
    is_active: bool
    locale: str
    time_zone: str
    allow_freesale: bool
    instant_confirmation: bool
    instant_delivery: bool
    availability_required: bool
    availability_type: AvailabilityType
    delivery_formats: tuple[DeliveryFormat, ...]
    delivery_methods: tuple[DeliveryMethod, ...]
    redemption_method: RedemptionMethod
    pricing_per: PricingPer
    default_currency: str
    available_currencies: tuple[str, ...]
    tax_rates: tuple[TaxRate, ...]
    commission_basis_points: int
    options: tuple[Option, ...]

    @property
    def zone(self) -> tzinfo:
        return zone(self.time_zone)

    @property
    def is_complete(self) -> bool:
        """True when the product has what OCTO requires to list it: an option that may be listed.

        Prices are not required: a product without any is listed, and all its slots are CLOSED.
        """
        return any(option.is_listed for option in self.options)

    def with_listed_options(self) -> "Product":
        """Return the product as partners find and buy it, without options that are not listed.

        One option that staff have just added, or whose season is over, takes no other off sale.
        """
        listed = tuple(option for option in self.options if option.is_listed)
        return self if len(listed) == len(self.options) else replace(self, options=listed)

    def option(self, code: str) -> Option:
        """Return the option with this code.

        Raises:
            OptionNotFound: the product has no such option.
        """
        for option in self.options:
            if option.code == code:
                return option
        raise OptionNotFound(code)

    def currency(self, asked_for: str | None) -> str:
        """Return the currency asked for, or the default one.

        Raises:
            CurrencyNotOffered: the product has no prices in it.
        """
        if asked_for is None:
            return self.default_currency
        if asked_for not in self.available_currencies:
            raise CurrencyNotOffered(asked_for, offered=self.available_currencies)
        return asked_for

    def currencies(self, asked_for: str | None) -> tuple[str, ...]:
        """Return the currencies that may be charged: the one asked for, or all, the default first.

        Raises:
            CurrencyNotOffered: the product has no prices in it.
        """
        first = self.currency(asked_for)
        if asked_for is not None:
            return (first,)
        return (first, *(other for other in self.available_currencies if other != first))

    def price_on(self, priced: Unit | Option, *, currency: str, travel_date: date) -> Price:
        """Return the partner's price of a unit (or of a whole booking of an option) that day.

        Where seasons overlap, :class:`Season` says which price it is.

        Raises:
            PriceMissing: it has no price in this currency on this date.
        """
        best: ListPrice | None = None
        for price in priced.prices:
            if price.currency != currency or not price.season.holds(travel_date):
                continue
            if best is None or price.season.precedence > best.season.precedence:
                best = price
        if best is None:
            raise PriceMissing(priced.code, currency=currency)
        return self._for_partner(best)

    def lowest_prices(self, priced: Unit | Option, *, today: date) -> tuple[Price, ...]:
        """Return the lowest price in each available currency that has one, of seasons not over.

        Where all seasons of a currency are over, the lowest of them, until staff enter new ones.
        """
        lowest: list[Price] = []
        for currency in self.available_currencies:
            prices = [price for price in priced.prices if price.currency == currency]
            ahead = [price for price in prices if not price.season.is_over(today)]
            if prices:
                least = min(ahead or prices, key=lambda price: price.retail_minor)
                lowest.append(self._for_partner(least))
        return tuple(lowest)

    def _for_partner(self, price: ListPrice) -> Price:
        return price_for_partner(
            currency=price.currency,
            original_minor=price.original_minor,
            retail_minor=price.retail_minor,
            commission_basis_points=self.commission_basis_points,
            tax_rates=self.tax_rates,
        )


def price_boundaries(option: Option) -> list[int]:
    """Return the dates at which prices of the option may change, as ordinals in order."""
    prices = [*option.prices, *(price for unit in option.units for price in unit.prices)]
    return sorted({turn for price in prices for turn in price.season.boundaries})


def contact_fields(names: Iterable[str]) -> tuple[ContactField, ...]:
    return tuple(ContactField(name) for name in names)
