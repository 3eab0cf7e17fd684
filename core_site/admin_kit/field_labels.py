"""Labels of columns for staff, used by every form, list, filter and history page.

Django derives a label from the name of the field: "Max units", "Is open". These labels are set once
all models are loaded, so that they are in one list and changing one needs no migration.
"""

from django.apps import apps

#: By model and field; each begins with a small letter, as a ``verbose_name`` does.
FIELD_LABELS = {
    "bookings.booking": {
        "cancellation_initiator": "cancelled by",
        "cancelled_at": "cancelled",
        "confirmed_at": "confirmed",
        "created_at": "made",
        "hold_expires_at": "held until",
        "net_minor": "the partner owes",
        "original_minor": "list price",
        "redeemed_at": "redeemed",
        "refund_net_minor": "refund to the partner",
        "refund_retail_minor": "refund to the guest",
        "retail_minor": "price for the guest",
        "sale_date": "day of sale",
        "tickets_due_at": "tickets due since",
        "tickets_recipient": "tickets sent to",
        "tickets_sent_at": "tickets sent",
        "updated_at": "changed",
        "email_receipt": "tickets by e-mail",
        "reseller_reference": "reseller's reference",
        "supplier_reference": "our reference",
        "test_mode": "test",
    },
    "catalog.departure": {
        "availability_id": "id in the API",
        "booking_cutoff_at": "sold until",
        "cutoffs_count_from": "cut-offs count from",
        "ends_at": "ends",
        "is_edited": "changed by hand",
        "is_kept": "kept although no schedule makes it",
        "is_open": "open for sale",
        "local_date": "day",
        "max_units": "most tickets in one booking",
        "starts_at": "starts",
    },
    "catalog.option": {
        "allows_late_cancellation": "may be cancelled late",
        "cancellation_cutoff_amount": "can be cancelled until",
        "cancellation_cutoff_unit": "counted in",
        "cancellation_policy": "cancelling",
        "internal_name": "name",
        "is_default": "offered first",
        "late_refund_percent": "refund when late, per cent",
        "max_units": "most tickets in one booking",
        "min_units": "fewest tickets in one booking",
        "reference": "our own code",
        "required_contact_fields": "what a guest must tell",
    },
    "catalog.product": {
        "allow_freesale": "sold without counting places",
        "availability_required": "needs a day and time",
        "created_at": "added",
        "availability_type": "sold by",
        "available_currencies": "currencies",
        "default_currency": "first currency",
        "delivery_formats": "tickets as",
        "delivery_methods": "voucher or tickets",
        "instant_confirmation": "confirmed at once",
        "instant_delivery": "tickets at once",
        "internal_name": "name",
        "is_active": "on sale",
        "locale": "language of its texts",
        "pricing_per": "price for each",
        "redemption_method": "checked in by",
        "reference": "our own code",
        "tax_name": "name of the tax",
    },
    "catalog.schedule": {
        "booking_cutoff_minutes": "sold until, minutes before",
        "duration_minutes": "lasts, minutes",
        "is_active": "in use",
        "max_units": "most tickets in one booking",
    },
    "catalog.supplier": {"email": "e-mail"},
    "catalog.unit": {
        "accompanied_by": "only together with",
        "id_required": "shows proof of age",
        "max_age": "oldest",
        "max_quantity": "most of these in one booking",
        "min_age": "youngest",
        "min_quantity": "fewest of these in one booking",
        "internal_name": "name",
        "reference": "our own code",
        "required_contact_fields": "what its guest must tell",
    },
    "events.event": {
        "booking_uuid": "UUID of the booking",
        "created_at": "written",
        "test_mode": "test",
        "transaction_id": "transaction",
    },
    "guest_messages.housenote": {
        "above": "above the facts",
        "below": "below the facts",
        "kind": "message",
    },
    "guest_messages.message": {
        "due_at": "tried next",
        "kind": "message",
        "stands_since": "when",
        "test_mode": "test",
        "words": "our words to the guest",
    },
    "history.removal": {"at": "when", "transaction_id": "transaction"},
    "partners.apikey": {"created_at": "issued", "is_test": "for tests", "label": "name"},
    "partners.partner": {
        "created_at": "since",
        "email": "e-mail",
        "is_active": "may sell",
        "max_hold_minutes": "longest hold, minutes",
    },
    "users.user": {"created_at": "since", "test_mode": "test", "updated_at": "changed"},
}

#: Models of libraries, in the singular and the plural.
MODEL_NAMES = {"procrastinate.procrastinatejob": ("job", "jobs")}


def apply_field_labels() -> None:
    """Set the ``verbose_name`` of every listed model and column.

    Raises:
        LookupError, FieldDoesNotExist: a listed model or field does not exist.
    """
    for label, (one, many) in MODEL_NAMES.items():
        options = apps.get_model(label)._meta
        options.verbose_name, options.verbose_name_plural = one, many
    for label, names in FIELD_LABELS.items():
        model = apps.get_model(label)
        for name, words in names.items():
            model._meta.get_field(name).verbose_name = words
