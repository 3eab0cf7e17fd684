"""Groups and staff are given permissions that something asks for, and keep those they have."""

import re
from pathlib import Path

import pytest
from django.contrib.auth.models import Group, Permission, User

import core_site
from core_site.sign_in.offered_permissions import ASKED_BY_BUTTONS, offered_permissions
from tests.admin.forms import open_form
from tests.admin.staff import logged_in

SITE = Path(core_site.__file__).parent


def test_what_the_code_asks_for_is_offered(db: None) -> None:
    known = {label(row) for row in Permission.objects.all()}
    offered = {label(row) for row in offered_permissions()}
    asked = {
        name
        for file in SITE.rglob("*.py")
        if file.name != "offered_permissions.py"
        for name in re.findall(r'"([a-z_]+\.[a-z_]+)"', file.read_text())
    } & known

    assert asked - offered == set()
    assert set(ASKED_BY_BUTTONS) - asked == set()
    assert len(offered) < len(known) / 3


@pytest.mark.parametrize("kind", [Group, User])
def test_what_has_no_effect_is_not_offered_but_kept(db: None, kind: type[Group | User]) -> None:
    rosa = logged_in()
    useless, other = Permission.objects.filter(content_type__app_label="sessions")[:2]
    row: Group | User
    if kind is Group:
        row, field = Group.objects.create(name="Pier"), "permissions"
    else:
        row, field = User.objects.create_user("pia"), "user_permissions"
    getattr(row, field).add(useless)
    path = f"/admin/auth/{kind._meta.model_name}/{row.pk}/change/"

    def granted(*more: int) -> set[str]:
        form = open_form(rosa, path)
        rosa.post(path, form | {field: [*form[field], *(str(pk) for pk in more)]})
        return {label(row) for row in getattr(row, field).all()}

    assert granted() == {label(useless)}
    assert granted(other.pk) == {label(useless)}
    assert granted(Permission.objects.get(codename="keep_price").pk) == {
        label(useless),
        "bookings.keep_price",
    }


def test_they_are_called_as_staff_call_them(db: None) -> None:
    page = logged_in().get("/admin/auth/group/add/").content.decode()

    for name in (
        "Catalogue: change options",
        "Staff and groups: add staff",
        "Bookings: see who travels: contact details, notes and reasons",
    ):
        assert f">{name}</option>" in page


def label(permission: Permission) -> str:
    return f"{permission.content_type.app_label}.{permission.codename}"
