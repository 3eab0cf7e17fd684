"""The list of columns with personal data or secrets, and the permission to see personal data.

The history leaves these columns out, and pages show personal data only with the permission, without
which no list of the admin can be filtered, searched or sorted by them (``core_site.admin_kit``).
Adding a column here hides it in all of these places.
"""

from django.db.models import Model
from django.http import HttpRequest

#: The permission to see personal data of guests and of partners' users.
SEE_PERSONAL_DATA = "bookings.view_personal_data"

#: Columns that may identify a person, by model; free text may do so, too.
PERSONAL_FIELDS = {
    "bookings.booking": frozenset(
        {
            *("contact", "notes", "cancellation_reason", "internal_note", "tickets_recipient"),
            "pickup_hotel",
        }
    ),
    "bookings.unititem": frozenset({"contact"}),
    "booking_desk.exemption": frozenset({"reason"}),
    "guest_messages.message": frozenset({"recipient", "body", "words"}),
    "idempotency.idempotencyrecord": frozenset({"body"}),
    "payments.entry": frozenset({"note"}),
    "search.bookingterms": frozenset({"terms"}),
    "users.user": frozenset({"email", "email_key", "age", "age_said_at"}),
    # What a partner's server answers may name a guest.
    "webhooks.attempt": frozenset({"answer"}),
}

#: Columns that no page shows: digests of keys and passwords, fingerprints of requests, what is
#: encrypted.
SECRET_FIELDS = {
    "auth.user": frozenset({"password"}),
    "bookings.booking": frozenset({"carried_out", "reservation_fingerprint"}),
    "idempotency.idempotencyrecord": frozenset({"key_digest", "fingerprint"}),
    "notifications.subscription": frozenset({"sealed_headers"}),
    "partners.apikey": frozenset({"digest"}),
    "sessions.session": frozenset({"session_key", "session_data"}),
}


def may_see_personal_data(request: HttpRequest) -> bool:
    return request.user.has_perm(SEE_PERSONAL_DATA)


def personal_fields(label: str) -> list[str]:
    """Return the personal columns of the model ``app_label.model_name``, in lower case."""
    return sorted(PERSONAL_FIELDS[label])


def is_hidden(model: type[Model], field_name: str, *, shows_personal_data: bool) -> bool:
    """Return whether a column is a secret, or personal data that the user may not see."""
    label = model._meta.label_lower
    if field_name in SECRET_FIELDS.get(label, ()):
        return True
    return not shows_personal_data and field_name in PERSONAL_FIELDS.get(label, ())
