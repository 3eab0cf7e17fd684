"""What webhook endpoints and subscriptions to notifications have in common: abstract models."""

from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.db.models.expressions import Combinable

from shared_domain.partners import Access
from shared_domain.webhooks import LONGEST_URL, AttemptProblem, DeliveryState, DisabledBy

if TYPE_CHECKING:
    from core_site.partners.models import Partner

DISABLED_BY = [
    (DisabledBy.PARTNER.value, "The partner disabled it"),
    (DisabledBy.STAFF.value, "Staff disabled it"),
    (DisabledBy.GONE.value, "It answered 410 Gone"),
    (DisabledBy.FAILURE.value, "It accepted nothing for five days"),
]

PROBLEMS = [
    (AttemptProblem.NONE.value, ""),
    (AttemptProblem.STATUS.value, "Not accepted"),
    (AttemptProblem.REDIRECT.value, "Redirected, which is not followed"),
    (AttemptProblem.TIMEOUT.value, "No answer in time"),
    (AttemptProblem.NAME_UNKNOWN.value, "Its name is not known to the DNS"),
    (AttemptProblem.ADDRESS_FORBIDDEN.value, "Its address is not a public one"),
    (AttemptProblem.CONNECTION.value, "No connection"),
    (AttemptProblem.TLS.value, "Its certificate is not accepted"),
    (AttemptProblem.PROTOCOL.value, "Its answer is not HTTP"),
    (AttemptProblem.EVENT_GONE.value, "The event cannot be read any more"),
]

STATES = [
    (DeliveryState.WAITING.value, "Waiting"),
    (DeliveryState.DELIVERED.value, "Delivered"),
    (DeliveryState.PASSED_OVER.value, "Passed over"),
]


class Destination(models.Model):
    """A URL of a partner to which something is sent; a subclass has ``partner`` and ``queue``.

    ``needed_key_id`` is the id of the key of ``PORTICO_WEBHOOK_KEY`` without which nothing can be
    sent, empty where none is needed; ``NEEDED_KEY_ID`` is the same as an expression.
    """

    NEEDED_KEY_ID: ClassVar[Combinable]

    if TYPE_CHECKING:
        partner: Partner
        queue: "DestinationQueue"

    test_mode = models.BooleanField("of tests")
    url = models.CharField("URL", max_length=LONGEST_URL)
    disabled_by = models.CharField(
        max_length=8, choices=DISABLED_BY, blank=True, default="", db_default=""
    )
    disabled_at = models.DateTimeField(null=True)
    notice_due_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.url

    @property
    def needed_key_id(self) -> str:
        raise NotImplementedError

    @property
    def access(self) -> Access:
        """The partner and mode of the destination, for the services that staff call."""
        return self.partner.access_in(test_mode=self.test_mode)


class DestinationQueue(models.Model):
    """The delivery state of a destination: its failures, its claim, and when it is due next."""

    due_at = models.DateTimeField(null=True)
    claim = models.UUIDField(null=True)
    wakeups = models.BigIntegerField(default=0, db_default=0)
    failures = models.PositiveIntegerField(default=0, db_default=0)
    failing_since = models.DateTimeField(null=True)
    resume_at = models.DateTimeField(null=True)
    is_slow = models.BooleanField(default=False, db_default=False)
    last_success_at = models.DateTimeField(null=True)
    last_failure_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True


class DeliveryAttempt(models.Model):
    """One attempt to deliver: the status of the answer or what went wrong, and how long it took."""

    at = models.DateTimeField()
    status = models.PositiveSmallIntegerField(null=True)
    problem = models.CharField(
        max_length=20, choices=PROBLEMS, blank=True, default="", db_default=""
    )
    duration_ms = models.PositiveIntegerField()

    class Meta:
        abstract = True
