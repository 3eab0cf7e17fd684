"""The model of the supplier: the company that offers the products."""

from django.db import models
from django.db.models import Q

from core_site.checked_texts import EmailAddressField, LineField, TelephoneField


class Supplier(models.Model):
    """The company that offers the products; there is at most one row."""

    code = models.SlugField(max_length=64, unique=True)
    name = LineField(max_length=200, help_text="The name that guests know.")
    website = models.URLField(blank=True)
    email = EmailAddressField(blank=True)
    telephone = TelephoneField(max_length=64, blank=True, help_text="As in +351 210 000 000.")
    address = LineField(max_length=300, blank=True, help_text="On one line.")
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

    def __str__(self) -> str:
        return self.name
