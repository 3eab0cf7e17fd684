"""The table of submitted forms, by which a form that is sent twice is carried out once."""

from django.contrib.postgres.functions import TransactionNow
from django.db import models


class SubmittedForm(models.Model):
    """A submitted form that created a row: see ``submit_once``.

    It is never deleted, since a browser may send an old page again years later.
    """

    digest = models.BinaryField(unique=True, help_text="SHA-256 of what it is known by.")
    made = models.CharField(max_length=64, blank=True, help_text="The id of the row that it made.")
    submitted_at = models.DateTimeField(db_default=TransactionNow(), editable=False)

    def record(self, made: object) -> None:
        """Store the id of the row that the submission made."""
        self.made = str(made)
        self.save(update_fields=["made"])

    def __str__(self) -> str:
        return f"submission {self.pk}"
