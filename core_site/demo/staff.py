"""Writes the staff users of the demo: an administrator, and one user in each group."""

import secrets

from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.contrib.auth.models import Group, User
from django.contrib.auth.password_validation import validate_password

from core_site.sign_in.offered_permissions import offered_permissions

#: Apps whose tables staff users see; logins and jobs are not among them.
APPS = (
    *("partners", "catalog", "bookings", "payments", "users", "events"),
    *("disruptions", "blackouts", "resources", "statements", "guest_messages", "webhooks"),
    *("weather", "notifications"),
)

#: What the group Reservations may do beside looking.
CHANGES = (
    "change_booking",
    "change_departure",
    "sell_booking",
    "keep_price",
    "run_disruption",
    "manage_blackout",
    "add_resource",
    "change_resource",
    "assign_resource",
    "see_own_week",
    "add_housenote",
    "change_housenote",
    "delete_housenote",
    "add_arrivalinfo",
    "change_arrivalinfo",
    "write_to_guests",
    "change_webhookendpoint",
    "change_subscription",
    "replay_delivery",
)

#: What the group Catalogue may add and change, and of its rows also delete.
KEPT = ("product", "option", "unit", "price", "schedule", "arrivalinfo", "productlocation")
KEPT_UNTIL_DELETED = ("price", "schedule", "arrivalinfo")

RESERVATIONS, FINANCE, CATALOGUE, GUIDE = "Reservations", "Finance", "Catalogue", "Guide"

# Without i, l, o, 0 and 1: people type these from a terminal.
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


def load_groups() -> dict[str, Group]:
    """Write the groups with their permissions, and return them by name."""
    offered = offered_permissions()
    shown = offered.filter(content_type__app_label__in=APPS)
    views = shown.filter(codename__startswith="view_")
    changes = shown.filter(codename__in=CHANGES)
    # The desk takes money; giving it back is for those who count it.
    takes = shown.filter(codename="add_entry")
    settles = takes | shown.filter(codename__in=["refund_entry", "add_partnerpayment"])
    exports = offered.filter(codename="export_list")
    # What the supplier earns is for those who count it.
    of_the_desk = views.exclude(content_type__app_label="statements")
    # Who counts money need not know who travels.
    money = views.exclude(codename="view_personal_data")
    # Who keeps the catalogue sees how full departures are, and nothing of guests or money.
    catalogue = views.filter(content_type__app_label__in=["catalog", "blackouts", "weather"])
    keeps = offered.filter(
        codename__in=[
            *("view_arrivalinfo", "change_departure", "manage_blackout"),
            *(f"{verb}_{model}" for verb in ("add", "change") for model in KEPT),
            *(f"delete_{model}" for model in KEPT_UNTIL_DELETED),
        ]
    )
    own_week = offered.filter(codename="see_own_week")
    groups = {}
    for name, permissions in (
        (RESERVATIONS, of_the_desk | changes | takes),
        (FINANCE, money | settles | exports),
        (CATALOGUE, catalogue | keeps),
        (GUIDE, own_week),
    ):
        groups[name], _ = Group.objects.get_or_create(name=name)
        groups[name].permissions.set(permissions)
    return groups


def load_staff() -> dict[str, dict[str, str]]:
    """Write groups and users, and return the new logins: ``admin`` and one for each group."""
    groups = load_groups()
    logins = {"admin": _login("admin", "Mariana", "Teles", is_superuser=True)}
    for name, first_name, last_name in (
        (RESERVATIONS, "Duarte", "Falcão"),
        (FINANCE, "Inês", "Sampaio"),
        (CATALOGUE, "Nuno", "Arrais"),
        (GUIDE, "Beatriz", "Nunes"),
    ):
        logins[name] = _login(name.lower(), first_name, last_name)
        User.objects.get(username=logins[name]["user"]).groups.add(groups[name])
    return logins


def _login(role: str, first_name: str, last_name: str, **rights: bool) -> dict[str, str]:
    user = User(
        username=f"{role}-{_random(4)}", first_name=first_name, last_name=last_name,
        email=f"{role}@sete-colinas.example", is_staff=True, **rights,
    )  # fmt: skip
    password = _random(20)
    validate_password(password, user)
    user.password = hash_random_password(password)
    user.save()
    return {"user": user.username, "password": password}


def hash_random_password(password: str) -> str:
    """Return the hash of a password of random letters, without stretching it.

    Stretching makes guesses expensive, which a password of 10^29 possible ones does not need; a
    million iterations for each login took a quarter of loading the demo. Django stretches it at the
    first sign-in, as it does whenever its own number of iterations has grown.
    """
    hasher = PBKDF2PasswordHasher()
    return hasher.encode(password, hasher.salt(), iterations=1)


def _random(length: int) -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(length))
