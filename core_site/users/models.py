"""Partners' users; every rule is in ``shared_domain.users``.

Only the services write rows. The constraints here are the last line of defence, whatever code
writes.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast
from uuid import uuid4

import pghistory
from django.contrib.postgres.indexes import OpClass
from django.db import models
from django.db.models import Q
from django.db.models.functions import Length
from django.db.models.lookups import GreaterThanOrEqual

from core_site.history import every_change
from core_site.personal_data import personal_fields
from shared_domain import contact_data, users

if TYPE_CHECKING:
    _TextColumn = models.TextField[str, str]
else:
    _TextColumn = models.TextField


class EmailKeyField(_TextColumn):
    """The key by which a row's e-mail address is compared, computed whenever the ORM saves it."""

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        key = contact_data.email_key(cast(User, model_instance).email)
        setattr(model_instance, self.attname, key)
        return key

    def deconstruct(self) -> tuple[str, str, Sequence[Any], dict[str, Any]]:
        # To the database it is a text like any other, so migrations need not know this class.
        name, _, arguments, options = super().deconstruct()
        return name, "django.db.models.TextField", arguments, options


# Who a user is, and how old, never enters the history: only that something changed, and when.
@pghistory.track(*every_change(), exclude=personal_fields("users.user"), append_only=True)
class User(models.Model):
    """A partner's own customer; not a member of staff."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    partner = models.ForeignKey("partners.Partner", models.PROTECT, related_name="users")
    test_mode = models.BooleanField(help_text="Made by a test key, which sees no other users.")
    email = models.CharField("e-mail", max_length=contact_data.LONGEST_EMAIL)
    email_key = EmailKeyField(editable=False)
    age = models.PositiveSmallIntegerField()
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    age_said_at = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text="From when the age counts; without it, from the last change.",
    )

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["partner", "test_mode", "email_key"], name="user_email_of_partner"
            ),
            models.CheckConstraint(
                condition=GreaterThanOrEqual(Length("email"), contact_data.SHORTEST_EMAIL),
                name="user_email_long_enough",
            ),
            models.CheckConstraint(
                condition=Q(age__gte=0, age__lte=users.OLDEST_AGE), name="user_age_0_to_120"
            ),
        ]
        indexes = [
            models.Index(
                fields=["partner", "test_mode", "created_at", "id"], name="user_of_partner"
            ),
            models.Index(fields=["created_at", "id"], name="user_by_creation"),
            models.Index(OpClass("email_key", name="text_pattern_ops"), name="user_by_email"),
        ]

    def __str__(self) -> str:
        return str(self.id)
