"""The table of idempotency records; a transaction of a request inserts its own record."""

from django.contrib.postgres.functions import TransactionNow
from django.db import models


class IdempotencyRecord(models.Model):
    """Proof that a transaction was committed, or never can be, with the answer of its request.

    ``shared_domain/idempotency`` explains its use. ``migrations/partitions.sql`` creates the table,
    partitioned by day, with its constraints and indexes.
    """

    #: Chosen by the sender for each transaction; not the request's id, which may come twice.
    id = models.UUIDField(primary_key=True)
    #: By PostgreSQL's clock, as is the purge.
    created_at = models.DateTimeField(db_default=TransactionNow(), editable=False)
    #: Inserted by a sender in doubt: the transaction that has this id can never be committed.
    is_given_up = models.BooleanField(db_default=False)

    # The rest is null unless the request came with an idempotency key.

    #: SHA-256 of partner, mode, path and key.
    key_digest = models.BinaryField(null=True)
    #: A keyed hash of each part of the request.
    fingerprint = models.JSONField(null=True)
    #: No foreign key: the endpoints may have another database than the partners.
    partner_id = models.BigIntegerField(null=True)
    test_mode = models.BooleanField(null=True)
    #: The uuid of the booking or user that the call is about; erasing a person goes by it.
    subject = models.UUIDField(null=True)
    status = models.SmallIntegerField(null=True)
    headers = models.JSONField(null=True)
    #: Null as well when it was too long, or a person in it was erased.
    body = models.TextField(null=True)

    class Meta:
        db_table = "idempotency_record"

    def __str__(self) -> str:
        return str(self.id)
