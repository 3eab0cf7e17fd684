"""Tables of messages to guests: the log, the supplier's notes, and notes to whole departures."""

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import Q

from core_site.checked_texts import LineField
from core_site.history import every_change
from shared_domain.contact_data import LONGEST_LINE
from shared_domain.messages import LANGUAGES, MessageKind, MessageOutcome, MessageReason

LANGUAGE_NAMES = {"en": "English", "de": "German", "pt": "Portuguese"}

LANGUAGE_CHOICES = [(language, LANGUAGE_NAMES[language]) for language in LANGUAGES]

KIND_CHOICES = [
    (MessageKind.CONFIRMATION.value, "Confirmation"),
    (MessageKind.CHANGE.value, "Change"),
    (MessageKind.MOVE.value, "New time"),
    (MessageKind.CANCELLATION.value, "Cancellation"),
    (MessageKind.REMINDER.value, "Reminder"),
    (MessageKind.NOTE.value, "Note from us"),
]

OUTCOME_CHOICES = [
    (MessageOutcome.WAITING.value, "Waiting"),
    (MessageOutcome.SENT.value, "Accepted"),
    (MessageOutcome.KEPT.value, "Kept here, not sent"),
    (MessageOutcome.REFUSED.value, "Not accepted"),
    (MessageOutcome.DROPPED.value, "No longer needed"),
]

REASON_CHOICES = [
    (MessageReason.RECIPIENT.value, "The mail server refuses the recipient's address"),
    (MessageReason.SENDER.value, "The mail server refuses our own address"),
    (MessageReason.CONTENT.value, "The mail server refuses what is in it"),
    (MessageReason.UNSUPPORTED.value, "The mail server cannot send to an address of this script"),
    (MessageReason.SERVER_AWAY.value, "The mail server cannot be reached"),
    (MessageReason.LIMIT.value, "The booking or its partner caused too many mails in a day"),
    (MessageReason.ERROR.value, "An error of the system; its log says more"),
]


@pghistory.track(*every_change())
class DepartureNote(models.Model):
    """A note from staff to every guest of a departure, in one language or more."""

    departure = models.ForeignKey(
        "catalog.Departure", models.DO_NOTHING, related_name="+", db_constraint=False
    )
    subject_en = LineField("subject", max_length=120, blank=True)
    text_en = models.TextField("text", blank=True)
    subject_de = LineField("subject", max_length=120, blank=True)
    text_de = models.TextField("text", blank=True)
    subject_pt = LineField("subject", max_length=120, blank=True)
    text_pt = models.TextField("text", blank=True)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        permissions = [("write_to_guests", "Can write to all guests of a departure")]
        constraints = [
            models.CheckConstraint(
                condition=~Q(text_en="") | ~Q(text_de="") | ~Q(text_pt=""),
                name="departure_note_says_something",
            ),
        ]

    def __str__(self) -> str:
        return self.subject_en or self.subject_de or self.subject_pt


class Message(models.Model):
    """A message to a guest: due, and later its outcome.

    Of a sent message the fact and the address stay, not the text; of a test message, everything.
    The worker deletes both after a while. The table is older than the model's name.
    """

    # Without indexes of their own: others begin with the same columns.
    booking = models.ForeignKey(
        "bookings.Booking", models.CASCADE, related_name="messages", db_index=False
    )
    partner = models.ForeignKey(
        "partners.Partner", models.PROTECT, related_name="+", db_index=False
    )
    test_mode = models.BooleanField()
    kind = models.CharField(max_length=16, choices=KIND_CHOICES)
    outcome = models.CharField(max_length=8, choices=OUTCOME_CHOICES)
    stands_since = models.DateTimeField(
        db_column="created_at", help_text="When it was sent, kept or last tried; before, owed."
    )
    owed_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True, help_text="When it is tried next.")
    cause = models.CharField(
        max_length=80, null=True, help_text="Why it is owed: one message for each cause."
    )
    language = models.CharField(
        max_length=8, choices=LANGUAGE_CHOICES, blank=True, default="", db_default=""
    )
    reason = models.CharField(
        max_length=16, choices=REASON_CHOICES, blank=True, default="", db_default=""
    )
    attempts = models.PositiveSmallIntegerField(default=0, db_default=0)
    recipient = models.TextField(blank=True)
    words = models.TextField(
        blank=True, default="", db_default="", help_text="What staff say to this guest."
    )
    note = models.ForeignKey(DepartureNote, models.CASCADE, null=True, related_name="messages")
    subject = models.TextField(blank=True)
    body = models.TextField(blank=True)
    attachments = models.JSONField(default=list, blank=True, help_text="The names of its files.")

    class Meta:
        db_table = "bookings_guestmail"
        ordering = ["-id"]
        default_permissions = ("view",)
        verbose_name = "message to a guest"
        verbose_name_plural = "messages to guests"
        constraints = [
            models.CheckConstraint(
                condition=Q(body="", attachments=[]) | Q(outcome="KEPT", test_mode=True),
                name="only_messages_of_tests_are_kept",
            ),
            models.CheckConstraint(
                condition=Q(due_at=None) | Q(outcome__in=["WAITING", "REFUSED"]),
                name="settled_messages_are_not_due",
            ),
            models.UniqueConstraint(
                fields=["booking", "kind", "cause"],
                condition=Q(cause__isnull=False),
                name="message_once_for_each_cause",
            ),
        ]
        indexes = [
            models.Index(fields=["booking", "-stands_since"], name="mail_of_booking"),
            models.Index(fields=["partner", "test_mode", "-stands_since"], name="mail_of_partner"),
            models.Index(fields=["stands_since"], name="mail_by_age"),
            models.Index(fields=["due_at"], name="message_due", condition=Q(due_at__isnull=False)),
            models.Index(fields=["outcome", "-id"], name="message_by_outcome"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.booking}"


@pghistory.track(*every_change())
class HouseNote(models.Model):
    """What the supplier adds to its messages to guests, by kind, language and product.

    The name is older than the word supplier for the company: permissions of staff roles hold it.
    """

    kind = models.CharField(
        max_length=16, choices=KIND_CHOICES, blank=True, default="", help_text="Empty: all of them."
    )
    language = models.CharField(max_length=8, choices=LANGUAGE_CHOICES)
    product = models.ForeignKey(
        "catalog.Product",
        models.CASCADE,
        related_name="+",
        null=True,
        blank=True,
        help_text="Empty: all products.",
    )
    above = models.TextField(
        blank=True, max_length=2000, help_text="Stands between the greeting and the facts."
    )
    below = models.TextField(
        blank=True, max_length=2000, help_text="Stands under the facts, before our signature."
    )

    class Meta:
        ordering = ["language", "kind", "product"]
        verbose_name = "note in messages"
        verbose_name_plural = "notes in messages"
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "language", "product"],
                name="house_note_once",
                nulls_distinct=False,
                violation_error_message="There is a note for this message, language and product "
                "already: change that one.",
            ),
            models.CheckConstraint(
                condition=~Q(above="") | ~Q(below=""),
                name="house_note_says_something",
                violation_error_message="Write something above or below the facts.",
            ),
        ]

    def __str__(self) -> str:
        kind = self.get_kind_display() if self.kind else "All messages"
        about = f", {self.product}" if self.product_id else ""
        return f"{kind} in {self.get_language_display()}{about}"


@pghistory.track(*every_change())
class ArrivalInfo(models.Model):
    """The meeting point of a product and what guests bring, in one language of messages."""

    product = models.ForeignKey("catalog.Product", models.CASCADE, related_name="arrival_infos")
    language = models.CharField(max_length=8, choices=LANGUAGE_CHOICES)
    meeting_point = LineField(
        max_length=LONGEST_LINE, blank=True, help_text="As in: Doca de Belém, pontoon 3."
    )
    what_to_bring = LineField(
        max_length=LONGEST_LINE, blank=True, help_text="As in: sun cream, a towel, dry clothes."
    )

    class Meta:
        ordering = ["product", "language"]
        verbose_name = "meeting point"
        constraints = [
            models.UniqueConstraint(
                fields=["product", "language"],
                name="arrival_info_once",
                violation_error_message="This product has it in this language already: change "
                "that one.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.product}, {self.get_language_display()}"
