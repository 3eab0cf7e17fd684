"""What is sold and when: the supplier, products down to prices, schedules and departures.

The names are OCTO's. Staff edit everything here freely except ``Departure.reserved``, which
belongs to the bookings services. Any change bumps ``Product.revision`` by trigger, so that the
edge may keep a product in memory and still never answer with an old one.
"""

import pghistory
import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from core_site.catalog import validation
from core_site.catalog.departure_models import Departure, Schedule
from core_site.catalog.revision import bumps_revision, bumps_revision_of_option
from core_site.history import every_change
from shared_domain import catalog

__all__ = [
    "Departure",
    "Option",
    "PartnerTerms",
    "Price",
    "Product",
    "Schedule",
    "Supplier",
    "Unit",
]


def _choices(enumeration):
    return [(member.value, member.value.replace("_", " ").title()) for member in enumeration]


class Supplier(models.Model):
    """The company itself; there is exactly one."""

    code = models.SlugField(max_length=64, unique=True)
    name = models.CharField(max_length=200, help_text="The name that guests know.")
    website = models.URLField(blank=True)
    email = models.EmailField(blank=True)
    telephone = models.CharField(
        max_length=20, blank=True, validators=[validation.e164], help_text="As in +351 210 000 000."
    )
    address = models.CharField(max_length=300, blank=True, help_text="On one line.")
    is_only = models.BooleanField(default=True, editable=False, unique=True)

    class Meta:
        verbose_name_plural = "supplier"
        constraints = [
            models.CheckConstraint(
                condition=Q(is_only=True),
                name="one_supplier",
                violation_error_message="There is exactly one supplier.",
            )
        ]

    def __str__(self):
        return self.name


@pghistory.track(*every_change(), exclude=["revision"])
class Product(models.Model):
    """A tour or activity, in OCTO's terms."""

    code = models.SlugField(
        max_length=64, unique=True, help_text="The id in the API; partners store it."
    )
    internal_name = models.CharField(max_length=200)
    reference = models.CharField(max_length=64, null=True, blank=True)
    is_active = models.BooleanField(default=True, help_text="Inactive products are not sold.")
    locale = models.CharField(max_length=16, default="en-GB", validators=[validation.locale])
    time_zone = models.CharField(
        max_length=64, default="Europe/Lisbon", validators=[validation.time_zone]
    )
    allow_freesale = models.BooleanField(default=False)
    instant_confirmation = models.BooleanField(default=True)
    instant_delivery = models.BooleanField(default=True)
    availability_required = models.BooleanField(
        default=True, help_text="Off: guests may book without choosing a date."
    )
    availability_type = models.CharField(
        max_length=16, choices=_choices(catalog.AvailabilityType), default="START_TIME"
    )
    delivery_formats = ArrayField(
        models.CharField(max_length=16, choices=_choices(catalog.DeliveryFormat)),
        default=validation.default_delivery_formats,
    )
    delivery_methods = ArrayField(
        models.CharField(max_length=16, choices=_choices(catalog.DeliveryMethod)),
        default=validation.default_delivery_methods,
    )
    redemption_method = models.CharField(
        max_length=16, choices=_choices(catalog.RedemptionMethod), default="DIGITAL"
    )
    pricing_per = models.CharField(
        max_length=8, choices=_choices(catalog.PricingPer), default="UNIT"
    )
    default_currency = models.CharField(
        max_length=3, default="EUR", validators=[validation.currency]
    )
    available_currencies = ArrayField(
        models.CharField(max_length=3, validators=[validation.currency]),
        default=validation.default_currencies,
    )
    tax_name = models.CharField(max_length=64, blank=True, help_text="As in VAT 23%.")
    tax_basis_points = models.PositiveIntegerField(
        default=0, validators=[MaxValueValidator(10_000)], help_text="2300 is 23 %; 0 is no tax."
    )
    revision = models.BigIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                condition=Q(available_currencies__contains=[F("default_currency")]),
                name="default_currency_is_available",
                violation_error_message="The default currency must be one of the available ones.",
            ),
            models.CheckConstraint(
                condition=Q(delivery_formats__len__gte=1) & Q(delivery_methods__len__gte=1),
                name="product_is_delivered_somehow",
                violation_error_message="Choose at least one delivery format and one method.",
            ),
            models.CheckConstraint(
                condition=Q(tax_basis_points=0) | ~Q(tax_name=""),
                name="tax_has_a_name",
                violation_error_message="A tax that is more than 0 needs a name.",
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="bump_own_revision",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                func="NEW.revision := OLD.revision + 1; RETURN NEW;",
            )
        ]

    def __str__(self):
        return self.internal_name


@pghistory.track(*every_change())
class Option(models.Model):
    """A way to take a product: the morning tour, the private tour."""

    product = models.ForeignKey(Product, models.CASCADE, related_name="options")
    code = models.CharField(max_length=64, default="DEFAULT", validators=[validation.code])
    internal_name = models.CharField(max_length=200)
    reference = models.CharField(max_length=64, null=True, blank=True)
    is_default = models.BooleanField(default=False)
    position = models.PositiveSmallIntegerField(default=0)
    cancellation_cutoff_amount = models.PositiveIntegerField(default=24)
    cancellation_cutoff_unit = models.CharField(
        max_length=8, choices=_choices(catalog.DurationUnit), default="hour"
    )
    allows_late_cancellation = models.BooleanField(
        default=False, help_text="Partners may force a cancellation after the cut-off."
    )
    late_refund_percent = models.PositiveSmallIntegerField(
        default=0,
        validators=[MaxValueValidator(100)],
        help_text="What a late cancellation pays back: 0 is NONE, 100 FULL, between them PARTIAL.",
    )
    required_contact_fields = ArrayField(
        models.CharField(max_length=16, choices=_choices(catalog.ContactField)),
        default=list,
        blank=True,
    )
    min_units = models.PositiveSmallIntegerField(default=1, validators=[MinValueValidator(1)])
    max_units = models.PositiveSmallIntegerField(null=True, blank=True)

    class Meta:
        ordering = ["product", "position", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["product", "code"],
                name="option_code_in_product",
                violation_error_message="This product already has an option with this code.",
            ),
            models.UniqueConstraint(
                fields=["product"],
                condition=Q(is_default=True),
                name="one_default_option",
                violation_error_message="Another option is the default; switch that one off first.",
            ),
            models.CheckConstraint(
                condition=Q(min_units__gte=1)
                & (Q(max_units=None) | Q(max_units__gte=F("min_units"))),
                name="option_units_make_a_range",
                violation_error_message="Max units must not be below min units, nor those below 1.",
            ),
            models.CheckConstraint(
                condition=Q(late_refund_percent__lte=100),
                name="late_refund_is_a_percentage",
                violation_error_message="The late refund is a percentage from 0 to 100.",
            ),
        ]
        triggers = [bumps_revision("changed.product_id")]

    def __str__(self):
        return f"{self.product}: {self.internal_name}"


@pghistory.track(*every_change())
class Unit(models.Model):
    """A kind of ticket: adult, child, family of four."""

    option = models.ForeignKey(Option, models.CASCADE, related_name="units")
    code = models.CharField(max_length=64, validators=[validation.code])
    internal_name = models.CharField(max_length=200)
    reference = models.CharField(max_length=64, null=True, blank=True)
    type = models.CharField(max_length=16, choices=_choices(catalog.UnitType), default="ADULT")
    position = models.PositiveSmallIntegerField(default=0)
    min_age = models.PositiveSmallIntegerField(default=0)
    max_age = models.PositiveSmallIntegerField(default=99)
    id_required = models.BooleanField(default=False)
    min_quantity = models.PositiveSmallIntegerField(null=True, blank=True)
    max_quantity = models.PositiveSmallIntegerField(null=True, blank=True)
    pax_count = models.PositiveSmallIntegerField(
        default=1, validators=[MinValueValidator(1)], help_text="Places that one ticket takes."
    )
    accompanied_by = ArrayField(
        models.CharField(max_length=64),
        default=list,
        blank=True,
        help_text="Codes of units of this option, one of which must be booked with it.",
    )
    required_contact_fields = ArrayField(
        models.CharField(max_length=16, choices=_choices(catalog.ContactField)),
        default=list,
        blank=True,
    )

    class Meta:
        ordering = ["option", "position", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["option", "code"],
                name="unit_code_in_option",
                violation_error_message="This option already has a unit with this code.",
            ),
            models.CheckConstraint(
                condition=Q(max_age__gte=F("min_age")),
                name="unit_ages_make_a_range",
                violation_error_message="Max age must not be below min age.",
            ),
            models.CheckConstraint(
                condition=Q(min_quantity=None)
                | Q(max_quantity=None)
                | Q(max_quantity__gte=F("min_quantity")),
                name="unit_quantities_make_a_range",
                violation_error_message="Max quantity must not be below min quantity.",
            ),
            models.CheckConstraint(
                condition=Q(pax_count__gte=1),
                name="unit_takes_a_place",
                violation_error_message="A ticket takes at least one place.",
            ),
        ]
        triggers = [bumps_revision_of_option()]

    def __str__(self):
        return f"{self.option}: {self.internal_name}"


@pghistory.track(*every_change())
class Price(models.Model):
    """What a unit (or, for pricing per booking, an option) costs in one currency and season.

    A season may be open at either end. Of those that hold a date, the one that began latest wins,
    and of those that began together the one that ends first: see ``shared_domain``'s ``Season``.
    """

    option = models.ForeignKey(Option, models.CASCADE, related_name="prices")
    unit = models.ForeignKey(
        Unit, models.CASCADE, related_name="prices", null=True, blank=True,
        help_text="Empty: the price of the whole booking.",
    )  # fmt: skip
    currency = models.CharField(max_length=3, validators=[validation.currency])
    original_minor = models.PositiveIntegerField(help_text="List price, in cents or yen.")
    retail_minor = models.PositiveIntegerField(help_text="What the guest pays, taxes included.")
    season_start = models.DateField(
        null=True,
        blank=True,
        help_text="First travel date; empty: from the beginning. Where seasons overlap, the one "
        "that begins latest wins, and of those that begin together the one that ends first.",
    )
    season_end = models.DateField(
        null=True, blank=True, help_text="Last travel date; empty: until further notice."
    )

    class Meta:
        ordering = ["option", "unit", "currency", "season_start", "season_end"]
        constraints = [
            models.UniqueConstraint(
                fields=["option", "unit", "currency", "season_start", "season_end"],
                nulls_distinct=False,
                name="one_price_per_unit_currency_and_season",
                violation_error_message="This unit, currency and season already have a price.",
            ),
            models.CheckConstraint(
                condition=Q(original_minor__gte=F("retail_minor")),
                name="original_is_the_higher",
                violation_error_message="The list price must not be below the retail price.",
            ),
            models.CheckConstraint(
                condition=Q(season_start=None)
                | Q(season_end=None)
                | Q(season_end__gte=F("season_start")),
                name="price_season_makes_a_range",
                violation_error_message="The season must not end before it starts.",
            ),
        ]
        triggers = [bumps_revision_of_option()]

    def __str__(self):
        return f"{self.unit or self.option}, {self.currency}"


@pghistory.track(*every_change())
class PartnerTerms(models.Model):
    """That a partner may sell a product, and what it keeps of the retail price."""

    partner = models.ForeignKey("partners.Partner", models.CASCADE, related_name="terms")
    product = models.ForeignKey(Product, models.CASCADE, related_name="terms")
    commission_basis_points = models.PositiveIntegerField(
        default=2000, validators=[MaxValueValidator(10_000)], help_text="2000 is 20 %."
    )

    class Meta:
        verbose_name = verbose_name_plural = "partner terms"
        constraints = [
            models.UniqueConstraint(
                fields=["partner", "product"],
                name="one_set_of_terms",
                violation_error_message="This partner already has terms for this product.",
            ),
            models.CheckConstraint(
                condition=Q(commission_basis_points__lte=10_000),
                name="commission_is_a_share",
                violation_error_message="The commission is at most 10000, which is everything.",
            ),
        ]
        triggers = [bumps_revision("changed.product_id")]

    def __str__(self):
        return f"{self.partner} sells {self.product}"
