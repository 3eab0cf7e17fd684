"""Tables of the roll-up of sales; ``shared_domain.sales_rollup`` explains how they work together.

None has a foreign key, whose check would lock the rows of partner and product at each sale. None is
needed, since products and partners with bookings cannot be deleted.
"""

from typing import Any

from django.db import models


def _reference(to: str, **options: Any) -> "models.ForeignKey[Any, Any]":
    return models.ForeignKey(
        to, models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False, **options
    )


class SaleChange(models.Model):
    """The amounts by which one change of a booking changes the sums, until the worker folds them.

    It has no index but its key, since a sale would have to write it, for a row that lives a minute.
    """

    partner = _reference("partners.Partner")
    product = _reference("catalog.Product")
    currency = models.CharField(max_length=3)
    sale_date = models.DateField(null=True)
    month = models.DateField(null=True)
    sold_bookings = models.IntegerField()
    sold_cancelled = models.IntegerField()
    sold_retail_minor = models.BigIntegerField()
    sold_net_minor = models.BigIntegerField()
    owed_bookings = models.IntegerField()
    owed_net_minor = models.BigIntegerField()
    owed_minor = models.BigIntegerField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"change {self.pk}"


class SoldDay(models.Model):
    """The sums of a day in one currency: of all sales, of one product, or of one partner."""

    product = _reference("catalog.Product", null=True)
    partner = _reference("partners.Partner", null=True)
    day = models.DateField()
    currency = models.CharField(max_length=3)
    bookings = models.IntegerField()
    cancelled = models.IntegerField()
    retail_minor = models.BigIntegerField()
    net_minor = models.BigIntegerField()

    class Meta:
        default_permissions = ()
        constraints = [
            # In this order, the days of one product or partner, or of everything, are neighbours.
            models.UniqueConstraint(
                fields=["product", "partner", "day", "currency"],
                nulls_distinct=False,
                name="sold_day_once",
            ),
            models.CheckConstraint(
                condition=models.Q(product=None) | models.Q(partner=None),
                name="sold_day_of_one_thing",
            ),
        ]
        indexes = [models.Index(fields=["day"], name="sold_day_by_day")]

    def __str__(self) -> str:
        return f"{self.day}, {self.currency}"


class OwedMonth(models.Model):
    """The sum that a partner owes for a month in one currency."""

    partner = _reference("partners.Partner")
    month = models.DateField(help_text="Its first day.")
    currency = models.CharField(max_length=3)
    bookings = models.IntegerField()
    net_minor = models.BigIntegerField()
    owed_minor = models.BigIntegerField()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["partner", "month", "currency"], name="owed_month_once"
            ),
            models.CheckConstraint(
                condition=models.Q(month__day=1), name="owed_month_is_a_first_day"
            ),
        ]
        indexes = [models.Index(fields=["month"], name="owed_month_by_month")]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}, {self.currency}"
