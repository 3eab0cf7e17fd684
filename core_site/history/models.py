"""The table of removals from the audit trail."""

from django.contrib.postgres.functions import TransactionNow
from django.db import models


class Removal(models.Model):
    """A removal of rows from the history, by whom and why; only its functions write it.

    While ``finished_at`` is null, the transaction ``transaction_id`` may change the history. The
    functions in ``append_only.py`` close it before they return, so no other one sees it open.
    """

    transaction_id = models.BigIntegerField(editable=False)
    at = models.DateTimeField(db_default=TransactionNow(), editable=False)
    finished_at = models.DateTimeField(null=True, editable=False)
    action = models.CharField(max_length=16)
    reason = models.TextField()
    #: The database role that asked, and what the application said of the actor.
    role = models.TextField()
    actor = models.JSONField(null=True)
    #: Number of rows by table.
    rows = models.JSONField(default=dict)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["transaction_id"], name="removal_by_transaction")]

    def __str__(self) -> str:
        return f"{self.action}: {self.reason}"
