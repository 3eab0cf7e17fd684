"""Staff of the demo: one who may do everything, and one in each of two groups."""

import secrets
from dataclasses import dataclass

from django.contrib.auth.models import Group, Permission, User
from django.contrib.auth.password_validation import validate_password

#: Apps whose tables staff see: history included, logins and jobs not.
_HOUSE = ("partners", "catalog", "bookings", "users", "events")

RESERVATIONS, FINANCE = "Reservations", "Finance"

#: What each group may change; both see everything of the house, but Finance not who travels.
MAY_CHANGE = {
    RESERVATIONS: [("bookings", "booking"), ("catalog", "departure")],
    FINANCE: [],
}

# Without i, l, o, 0 and 1: people type these from a terminal.
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


@dataclass(frozen=True, slots=True)
class Login:
    name: str
    password: str


def load_staff() -> dict[str, Login]:
    """Write groups and users, and return the new logins: ``admin`` and one for each group."""
    logins = {"admin": _new_user("admin", "Mariana", "Teles", is_superuser=True)}
    for group_name, first_name, last_name in (
        (RESERVATIONS, "Duarte", "Falcão"),
        (FINANCE, "Inês", "Sampaio"),
    ):
        group, _ = Group.objects.get_or_create(name=group_name)
        group.permissions.set(_permissions(group_name))
        login = logins[group_name] = _new_user(group_name.lower(), first_name, last_name)
        User.objects.get(username=login.name).groups.add(group)
    return logins


def _new_user(role: str, first_name: str, last_name: str, *, is_superuser: bool = False) -> Login:
    login = Login(f"{role}-{_random(4)}", _random(20))
    user = User(
        username=login.name,
        first_name=first_name,
        last_name=last_name,
        email=f"{role}@sete-colinas.example",
        is_staff=True,
        is_superuser=is_superuser,
    )
    validate_password(login.password, user)
    user.set_password(login.password)
    user.save()
    return login


def _permissions(group_name: str) -> list[Permission]:
    ours = Permission.objects.filter(content_type__app_label__in=_HOUSE)
    found = list(ours.filter(codename__startswith="view_"))
    if group_name == FINANCE:
        # Who counts money need not know who travels.
        found = [it for it in found if it.codename != "view_personal_data"]
    for app, model in MAY_CHANGE[group_name]:
        found.append(ours.get(content_type__app_label=app, codename=f"change_{model}"))
    return found


def _random(length: int) -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(length))
