"""One row for each transaction that the edge commits, inserted by that transaction."""

from django.contrib.postgres.functions import TransactionNow
from django.db import models


class IdempotencyRecord(models.Model):
    """Proof that a transaction was committed, or that it never can be.

    ``shared_domain/idempotency`` says how it is used, and which columns an idempotent call's
    answer will add.
    """

    #: Chosen by the sender for each transaction; not the request's id, which may come twice.
    id = models.UUIDField(primary_key=True)
    #: By PostgreSQL's clock, as is the purge.
    created_at = models.DateTimeField(db_default=TransactionNow(), editable=False)
    #: Inserted by a sender in doubt: the transaction that has this id can never be committed.
    is_given_up = models.BooleanField(db_default=False)

    class Meta:
        db_table = "idempotency_record"
        indexes = [models.Index(fields=["created_at"], name="idempotency_record_by_age")]

    def __str__(self) -> str:
        return str(self.id)
