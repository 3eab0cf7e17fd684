"""The models of the catalogue: supplier, products, options, units, prices, schedules, departures.

The names are OCTO's. Staff may edit everything here except ``Departure.reserved``, which only the
bookings services write. A trigger increments ``Product.revision`` on every change, so that the edge
can cache a product without ever answering with an old one.
"""

import pghistory
import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from core_site.catalog import bounds, validation
from core_site.catalog.check_constraints import ValidatesChecksTogether
from core_site.catalog.choice_titles import choices
from core_site.catalog.departure_models import Departure, Schedule
from core_site.catalog.pricing_models import PartnerTerms, Price
from core_site.catalog.revision import bumps_revision, bumps_revision_of_option
from core_site.catalog.supplier_models import Supplier
from core_site.checked_texts import LineField, LocaleField
from core_site.history import every_change
from shared_domain import catalog
from shared_domain.money import WHOLE_BASIS_POINTS

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


@pghistory.track(*every_change(), exclude=["revision"])
class Product(ValidatesChecksTogether):
    """A tour or activity, in OCTO's terms."""

    code = models.SlugField(
        max_length=64, unique=True, help_text="The id in the API; partners store it."
    )
    internal_name = LineField(max_length=200)
    reference = LineField(max_length=64, null=True, blank=True)
    is_active = models.BooleanField(default=True, help_text="Inactive products are not sold.")
    place = LineField(
        max_length=80,
        blank=True,
        default="",
        db_default="",
        help_text="Where it starts: a town or a pier. Departures are found, cancelled and closed "
        "by it.",
    )
    locale = LocaleField(max_length=16, default="en-GB")
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
        max_length=16, choices=choices(catalog.AvailabilityType), default="START_TIME"
    )
    delivery_formats = ArrayField(
        models.CharField(max_length=16, choices=choices(catalog.DeliveryFormat)),
        default=validation.default_delivery_formats,
    )
    delivery_methods = ArrayField(
        models.CharField(max_length=16, choices=choices(catalog.DeliveryMethod)),
        default=validation.default_delivery_methods,
    )
    redemption_method = models.CharField(
        max_length=16, choices=choices(catalog.RedemptionMethod), default="DIGITAL"
    )
    pricing_per = models.CharField(
        max_length=8, choices=choices(catalog.PricingPer), default="UNIT"
    )
    default_currency = models.CharField(
        max_length=3, default="EUR", validators=[validation.currency]
    )
    available_currencies = ArrayField(
        models.CharField(max_length=3, validators=[validation.currency]),
        default=validation.default_currencies,
    )
    tax_name = LineField(max_length=64, blank=True, help_text="As in VAT 23%.")
    tax_basis_points = models.PositiveIntegerField(
        "tax",
        default=0,
        validators=[MaxValueValidator(WHOLE_BASIS_POINTS)],
        help_text="Included in every price; 0 is no tax.",
    )
    revision = models.BigIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                condition=Q(available_currencies__contains=[F("default_currency")]),
                name="default_currency_is_available",
                violation_error_message="First currency: choose one of the currencies.",
            ),
            models.CheckConstraint(
                condition=Q(delivery_formats__len__gte=1) & Q(delivery_methods__len__gte=1),
                name="product_is_delivered_somehow",
                violation_error_message="Tickets as, Voucher or tickets: choose one at least.",
            ),
            models.CheckConstraint(
                condition=Q(tax_basis_points=0) | ~Q(tax_name=""),
                name="tax_has_a_name",
                violation_error_message="A tax that is more than 0 needs a name.",
            ),
            bounds.between(
                "tax_is_a_share", "tax_basis_points", words="Tax", most=WHOLE_BASIS_POINTS
            ),
            bounds.allow_value(
                "availability_type_is_known",
                "availability_type",
                catalog.AvailabilityType,
                "Sold by",
            ),
            bounds.allow_value(
                "redemption_method_is_known",
                "redemption_method",
                catalog.RedemptionMethod,
                "Checked in by",
            ),
            bounds.allow_value(
                "pricing_per_is_known", "pricing_per", catalog.PricingPer, "Price for each"
            ),
            bounds.allow_values(
                "delivery_formats_are_known",
                "delivery_formats",
                catalog.DeliveryFormat,
                "Tickets as",
            ),
            bounds.allow_values(
                "delivery_methods_are_known",
                "delivery_methods",
                catalog.DeliveryMethod,
                "Voucher or tickets",
            ),
            models.CheckConstraint(
                condition=Q(available_currencies__len__lte=catalog.MAX_CURRENCIES),
                name="currencies_are_few",
                violation_error_message=f"Use at most {catalog.MAX_CURRENCIES} currencies.",
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

    def __str__(self) -> str:
        return self.internal_name


@pghistory.track(*every_change(), exclude=["followed_zone_rules"])
class Option(ValidatesChecksTogether):
    """A variant of a product, such as the morning tour or the private tour."""

    product = models.ForeignKey(Product, models.CASCADE, related_name="options")
    code = models.CharField(max_length=64, default="DEFAULT", validators=[validation.code])
    internal_name = LineField(max_length=200)
    reference = LineField(max_length=64, null=True, blank=True)
    is_default = models.BooleanField(default=False)
    position = models.PositiveSmallIntegerField(default=0)
    cancellation_policy = models.CharField(
        max_length=16,
        choices=choices(catalog.CancellationPolicy),
        default="UNTIL_CUTOFF",
        db_default="UNTIL_CUTOFF",
        help_text="Whether a guest may cancel. Only the first looks at the cut-off.",
    )
    cancellation_cutoff_amount = models.PositiveIntegerField(
        default=24,
        validators=[MaxValueValidator(max(catalog.MAX_CUTOFF.values()))],
        help_text="How long before the start, or the last closing time: at most "
        + ", ".join(f"{most:,} {unit}s" for unit, most in catalog.MAX_CUTOFF.items())
        + ".",
    )
    cancellation_cutoff_unit = models.CharField(
        max_length=8, choices=choices(catalog.DurationUnit), default="hour"
    )
    allows_late_cancellation = models.BooleanField(
        default=False, help_text="Partners may force a cancellation after the cut-off."
    )
    late_refund_percent = models.PositiveSmallIntegerField(
        default=0,
        validators=[MaxValueValidator(100)],
        help_text="What a late cancellation pays back: 0 is nothing, 100 all of it.",
    )
    required_contact_fields = ArrayField(
        models.CharField(max_length=16, choices=choices(catalog.ContactField)),
        default=list,
        blank=True,
    )
    min_units = models.PositiveSmallIntegerField(
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(catalog.MAX_TICKETS)],
    )
    max_units = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(catalog.MAX_TICKETS)],
        help_text=f"Empty: {catalog.MAX_TICKETS:,}.",
    )
    followed_zone_rules = models.CharField(
        max_length=100,
        default="",
        db_default="",
        editable=False,
        help_text="The zone, and the rules of it, by which the departures were computed last.",
    )

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
                violation_error_message="Another option is offered first: switch that off before.",
            ),
            models.CheckConstraint(
                condition=Q(min_units__gte=1)
                & (Q(max_units=None) | Q(max_units__gte=F("min_units"))),
                name="option_units_make_a_range",
                violation_error_message="Most tickets must not be below fewest, nor those below 1.",
            ),
            models.CheckConstraint(
                condition=Q(late_refund_percent__lte=100),
                name="late_refund_is_a_percentage",
                violation_error_message="Refund when late: use per cent from 0 to 100.",
            ),
            bounds.allow_value(
                "cancellation_policy_is_known",
                "cancellation_policy",
                catalog.CancellationPolicy,
                "Cancelling",
            ),
            bounds.cancellation_cutoff("cancellation_cutoff_is_in_range"),
            bounds.between(
                "option_units_are_in_range",
                "min_units",
                "max_units",
                words="Fewest and most tickets",
                most=catalog.MAX_TICKETS,
            ),
            bounds.allow_values(
                "option_contact_is_known",
                "required_contact_fields",
                catalog.ContactField,
                "What a guest must tell",
            ),
        ]
        triggers = [bumps_revision("changed.product_id")]

    def __str__(self) -> str:
        return f"{self.product}: {self.internal_name}"


@pghistory.track(*every_change())
class Unit(ValidatesChecksTogether):
    """A kind of ticket: adult, child, family of four."""

    option = models.ForeignKey(Option, models.CASCADE, related_name="units")
    code = models.CharField(max_length=64, validators=[validation.code])
    internal_name = LineField(max_length=200)
    reference = LineField(max_length=64, null=True, blank=True)
    type = models.CharField(max_length=16, choices=choices(catalog.UnitType), default="ADULT")
    position = models.PositiveSmallIntegerField(default=0)
    min_age = models.PositiveSmallIntegerField(
        default=0,
        validators=[MaxValueValidator(catalog.OLDEST_AGE)],
        help_text=f"In years, at most {catalog.OLDEST_AGE}; 0 is no limit.",
    )
    max_age = models.PositiveSmallIntegerField(
        default=99,
        validators=[MaxValueValidator(catalog.OLDEST_AGE)],
        help_text=f"In years, at most {catalog.OLDEST_AGE}; 99 is no limit.",
    )
    id_required = models.BooleanField(default=False)
    min_quantity = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MaxValueValidator(catalog.MAX_TICKETS)],
        help_text="In a booking that has any.",
    )
    max_quantity = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(catalog.MAX_TICKETS)],
        help_text="Empty: no limit of its own.",
    )
    pax_count = models.PositiveSmallIntegerField(
        "places",
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(catalog.MAX_PLACES_PER_TICKET)],
        help_text=f"Places that one ticket takes, at most {catalog.MAX_PLACES_PER_TICKET:,}.",
    )
    accompanied_by = ArrayField(
        models.CharField(max_length=64),
        default=list,
        blank=True,
        help_text="Codes of units of this option, one of which must be booked with it.",
    )
    required_contact_fields = ArrayField(
        models.CharField(max_length=16, choices=choices(catalog.ContactField)),
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
                violation_error_message="Oldest must not be below youngest.",
            ),
            models.CheckConstraint(
                condition=Q(min_quantity=None)
                | Q(max_quantity=None)
                | Q(max_quantity__gte=F("min_quantity")),
                name="unit_quantities_make_a_range",
                violation_error_message="Most of these must not be below fewest of these.",
            ),
            models.CheckConstraint(
                condition=Q(pax_count__gte=1),
                name="unit_takes_a_place",
                violation_error_message="A ticket takes at least one place.",
            ),
            bounds.between(
                "unit_pax_is_in_range",
                "pax_count",
                words="Places",
                most=catalog.MAX_PLACES_PER_TICKET,
            ),
            bounds.between(
                "unit_ages_are_in_range",
                "min_age",
                "max_age",
                words="Youngest and oldest",
                most=catalog.OLDEST_AGE,
            ),
            bounds.between(
                "unit_quantities_are_in_range",
                "min_quantity",
                "max_quantity",
                words="Fewest and most of these",
                most=catalog.MAX_TICKETS,
            ),
            bounds.allow_value("unit_type_is_known", "type", catalog.UnitType, "Type"),
            bounds.allow_values(
                "unit_contact_is_known",
                "required_contact_fields",
                catalog.ContactField,
                "What its guest must tell",
            ),
            models.CheckConstraint(
                condition=Q(accompanied_by__len__lte=catalog.MAX_ACCOMPANYING),
                name="unit_company_is_in_range",
                violation_error_message=f"Only together with: at most {catalog.MAX_ACCOMPANYING}.",
            ),
        ]
        triggers = [bumps_revision_of_option()]

    def __str__(self) -> str:
        return f"{self.option}: {self.internal_name}"
