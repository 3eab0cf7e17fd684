"""Partners' users; every rule is in ``shared_domain.users``.

Rows are written by the services only. The constraints here are the last line of defence,
whatever writes.
"""

from uuid import uuid4

import pghistory
from django.contrib.postgres.indexes import OpClass
from django.db import models
from django.db.models import Q
from django.db.models.functions import Length, Lower
from django.db.models.lookups import GreaterThanOrEqual

from core_site.history import every_change
from core_site.personal_data import personal_fields
from shared_domain import users


# Who a user is, and how old, never enters the history: only that something changed, and when.
@pghistory.track(*every_change(), exclude=personal_fields("users.user"), append_only=True)
class User(models.Model):
    """A partner's own customer; not a member of staff."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    partner = models.ForeignKey("partners.Partner", models.PROTECT, related_name="users")
    email = models.CharField("e-mail", max_length=users.LONGEST_EMAIL)
    age = models.PositiveSmallIntegerField()
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            # As it was written, and compared without regard to capitals.
            models.UniqueConstraint("partner", Lower("email"), name="user_email_of_partner"),
            models.CheckConstraint(
                condition=GreaterThanOrEqual(Length("email"), users.SHORTEST_EMAIL),
                name="user_email_long_enough",
            ),
            models.CheckConstraint(
                condition=Q(age__gte=0, age__lte=users.OLDEST_AGE), name="user_age_0_to_120"
            ),
        ]
        indexes = [
            models.Index(fields=["partner", "created_at", "id"], name="user_of_partner"),
            models.Index(fields=["created_at", "id"], name="user_by_creation"),
            models.Index(OpClass(Lower("email"), name="text_pattern_ops"), name="user_by_email"),
        ]

    def __str__(self) -> str:
        return str(self.id)
