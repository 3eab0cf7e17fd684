"""The models of prices: list prices by season, and each partner's commission on a product.

Other modules import both from ``core_site.catalog.models``.
"""

import pghistory
import pgtrigger
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import F, Q

from core_site.catalog import bounds, validation
from core_site.catalog.check_constraints import ValidatesChecksTogether
from core_site.catalog.revision import bumps_revision, bumps_revision_of_option
from core_site.history import every_change
from shared_domain.money import HIGHEST_PRICE_MINOR, WHOLE_BASIS_POINTS
from shared_domain.partners import PartnerKind


@pghistory.track(*every_change())
class Price(ValidatesChecksTogether):
    """The price of a unit (or, for pricing per booking, of an option) in one currency and season.

    A season may be open at either end. If several include a date, the one that begins latest
    applies, and of those that begin together the one that ends first: see ``catalog.Season``.
    """

    option = models.ForeignKey("catalog.Option", models.CASCADE, related_name="prices")
    unit = models.ForeignKey(
        "catalog.Unit", models.CASCADE, related_name="prices", null=True, blank=True,
        help_text="Empty: the price of the whole booking.",
    )  # fmt: skip
    currency = models.CharField(max_length=3, validators=[validation.currency])
    original_minor = models.PositiveBigIntegerField(
        "list price",
        validators=[MaxValueValidator(HIGHEST_PRICE_MINOR)],
        help_text="What it costs without any reduction; partners see it as original.",
    )
    retail_minor = models.PositiveBigIntegerField(
        "retail price",
        validators=[MaxValueValidator(HIGHEST_PRICE_MINOR)],
        help_text="What the guest pays, taxes included.",
    )
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
            bounds.season("price_season_is_in_range"),
            bounds.between(
                "price_is_in_range",
                "original_minor",
                "retail_minor",
                words="List price and retail price",
                most=HIGHEST_PRICE_MINOR,
            ),
        ]
        triggers = [bumps_revision_of_option()]

    def __str__(self) -> str:
        return f"{self.unit or self.option}, {self.currency}"


REFUSE_COMMISSION_OF_DIRECT = f"""
    IF NEW.commission_basis_points > 0 AND EXISTS (
            SELECT FROM partners_partner
             WHERE id = NEW.partner_id AND kind = '{PartnerKind.DIRECT}') THEN
        RAISE EXCEPTION 'a direct partner sells at the retail price'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'direct_sells_at_retail';
    END IF;
    RETURN NEW;
"""


@pghistory.track(*every_change())
class PartnerTerms(models.Model):
    """The right of a partner to sell a product, and its commission on the retail price."""

    partner = models.ForeignKey("partners.Partner", models.CASCADE, related_name="terms")
    product = models.ForeignKey("catalog.Product", models.CASCADE, related_name="terms")
    commission_basis_points = models.PositiveIntegerField(
        "commission",
        default=2000,
        validators=[MaxValueValidator(WHOLE_BASIS_POINTS)],
        help_text="What the partner keeps of the retail price.",
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
                violation_error_message="The commission is at most 100 per cent, all of it.",
            ),
        ]
        triggers = [
            bumps_revision("changed.product_id"),
            pgtrigger.Trigger(
                name="direct_sells_at_retail",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func=REFUSE_COMMISSION_OF_DIRECT,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.partner} sells {self.product}"
