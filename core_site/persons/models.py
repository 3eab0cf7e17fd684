from django.db import models

from core_site.admin_kit.viewer_zone import format_instant
from shared_domain.quantities import format_quantity


class PersonRequest(models.Model):
    """A record of an export or erasure of personal data, by whom and how much, but not whose.

    ``subject`` is a keyed hash of the search, by which a second request about the same person can
    be recognised, without revealing the person.
    """

    at = models.DateTimeField(auto_now_add=True)
    action = models.CharField(max_length=8, choices=[("EXPORT", "Export"), ("ERASE", "Erasure")])
    by = models.CharField(max_length=160)
    subject = models.CharField(max_length=64)
    bookings = models.PositiveIntegerField(default=0)
    tickets = models.PositiveIntegerField(default=0)
    users = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["-at"]
        verbose_name = "request about a person"
        verbose_name_plural = "requests about persons"
        default_permissions = ("view",)
        permissions = [("erase_person", "Can export and erase the personal data of a person")]

    def __str__(self) -> str:
        return f"{self.get_action_display()} of {format_instant(self.at, '%Y-%m-%d')}"

    def describe_rows(self) -> str:
        """Return how much was exported or erased: ``1 booking, 2 tickets, 0 users``."""
        return ", ".join(
            format_quantity(rows, noun)
            for rows, noun in (
                (self.bookings, "booking"),
                (self.tickets, "ticket"),
                (self.users, "user"),
            )
        )


class OwedErasure(models.Model):
    """A deleted user of a partner, whose guest details are erased from bookings after their travel.

    A trigger inserts it when the user is deleted, by either half; the worker erases and deletes it.
    """

    user_id = models.UUIDField(primary_key=True)
    owed_since = models.DateTimeField()
    due_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        indexes = [models.Index(fields=["due_at", "user_id"], name="erasure_due")]

    def __str__(self) -> str:
        return str(self.user_id)
