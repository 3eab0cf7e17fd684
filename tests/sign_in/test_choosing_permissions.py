"""Groups and staff are given permissions that something asks for, and keep those they have."""

import re
from pathlib import Path

import pytest
from django.contrib.auth.models import Group, Permission, User

import core_site
from core_site.sign_in.offered_permissions import ASKED_BY_BUTTONS, offered_permissions
from tests.admin.forms import errors_of, open_form
from tests.admin.staff import logged_in
from tests.harness.pages import not_rendered

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


MANAGER = ("auth.view_user", "auth.change_user", "auth.delete_user", "auth.view_group",
           "auth.change_group", "bookings.view_booking")  # fmt: skip


def test_staff_grant_only_what_they_have(db: None) -> None:
    def group(name: str, codename: str) -> Group:
        made = Group.objects.create(name=name)
        made.permissions.set(Permission.objects.filter(codename=codename))
        return made

    manager, pier = logged_in(*MANAGER, username="pia"), User.objects.create_user("pier")
    may_see, may_erase = group("See", "view_booking"), group("Erase", "erase_person")
    erase = Permission.objects.get(codename="erase_person")
    own = f"/admin/auth/user/{User.objects.get(username='pia').pk}/change/"

    for path in (own, f"/admin/auth/user/{pier.pk}/change/"):
        form = open_form(manager, path) | {"is_superuser": "on"}
        for field, beyond in (("groups", may_erase.pk), ("user_permissions", erase.pk)):
            assert "is not one of the available choices" in errors_of(
                manager, path, form | {field: [str(beyond)]}
            )
        assert manager.post(path, form | {"groups": [str(may_see.pk)]}).status_code == 302
    path = f"/admin/auth/group/{may_see.pk}/change/"
    form = open_form(manager, path)
    assert "is not one of" in errors_of(manager, path, form | {"permissions": [str(erase.pk)]})

    assert not User.objects.filter(is_superuser=True).exists()
    assert [*pier.groups.all()] == [may_see]


@pytest.mark.parametrize("is_superuser", [True, False])
def test_staff_who_may_do_more_are_left_alone(db: None, is_superuser: bool) -> None:
    """Switched off as well, since that can be undone, with a password that is known."""
    boss = User.objects.create_user("boss", is_superuser=is_superuser, is_active=False)
    boss.user_permissions.set(Permission.objects.filter(codename="erase_person"))
    manager = logged_in(*MANAGER, username="pia")
    page = f"/admin/auth/user/{boss.pk}"

    with not_rendered():
        shown = manager.get(f"{page}/change/")
        refused = [manager.get(f"{page}/password/"), manager.post(f"{page}/delete/")]
        refused += [manager.post(f"{page}/change/", {"username": "boss", "is_active": "on"})]

    assert shown.status_code == 200
    assert [answer.status_code for answer in refused] == [403] * 3


def label(permission: Permission) -> str:
    return f"{permission.content_type.app_label}.{permission.codename}"
