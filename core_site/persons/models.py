from django.db import models

from shared_domain.quantities import format_quantity


class PersonRequest(models.Model):
    """That personal data were exported or erased, by whom and how much, but not whose.

    ``subject`` is a keyed hash of what was looked for: with it a second request about the same
    person can be recognised, and nothing can be read.
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
        return f"{self.get_action_display()} of {self.at:%Y-%m-%d}"

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
    """A deleted user of a partner; its bookings lose their guest once their travel is over.

    The database writes it as it deletes the user, whichever half asked; the worker settles it.
    """

    user_id = models.UUIDField(primary_key=True)
    owed_since = models.DateTimeField()
    due_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        indexes = [models.Index(fields=["due_at", "user_id"], name="erasure_due")]

    def __str__(self) -> str:
        return str(self.user_id)
