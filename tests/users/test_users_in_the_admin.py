"""Staff find partners' users and look at them; personal data needs the permission for it."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from django.contrib.auth.models import Permission
from django.contrib.auth.models import User as StaffUser
from django.test import Client

from core_site.partners.models import Partner
from core_site.users.models import User
from tests.harness.staff_sessions import sign_in

pytestmark = pytest.mark.django_db

LIST = "/admin/users/user/"

NOW = datetime(2026, 7, 1, 10, 0, tzinfo=UTC)


def a_user(email: str = "Zuleika@quack.example", age: int = 117) -> User:
    partner, _ = Partner.objects.get_or_create(code="alpine", name="Alpine", email="it@a.example")
    return User.objects.create(
        id=uuid4(),
        partner=partner,
        test_mode=False,
        email=email,
        age=age,
        created_at=NOW,
        updated_at=NOW,
    )


def staff_with(*permissions: str) -> Client:
    someone = StaffUser.objects.create(username="rosa", is_staff=True)
    for permission in permissions:
        label, _, codename = permission.partition(".")
        someone.user_permissions.add(
            Permission.objects.get(content_type__app_label=label, codename=codename)
        )
    client = Client()
    sign_in(client, someone)
    return client


def shown(client: Client, *paths: str) -> str:
    pages = [client.get(path) for path in paths]
    assert [page.status_code for page in pages] == [200] * len(pages)
    return "".join(page.content.decode() for page in pages)


def test_personal_data_is_shown_with_the_permission_only() -> None:
    user = a_user()
    pages = (LIST, f"{LIST}?q={user.id}", f"{LIST}{user.id}/change/")

    trusted = shown(staff_with("users.view_user", "bookings.view_personal_data"), *pages)
    StaffUser.objects.all().delete()
    other = shown(staff_with("users.view_user"), *pages)

    assert trusted.count("Zuleika@quack.example") >= 3
    assert "Zuleika" not in other
    assert ">117<" not in other
    assert str(user.id) in other


def test_a_user_is_found_by_id_or_by_the_beginning_of_the_address() -> None:
    zuleika, ana = a_user(), a_user("ana@example.com")
    trusted = staff_with("users.view_user", "bookings.view_personal_data")

    def found(text: str) -> set[str]:
        page = shown(trusted, f"{LIST}?q={text}")
        return {user.email for user in (zuleika, ana) if str(user.id) in page}

    assert found("zulei") == found("ZULEIKA%40") == found(str(zuleika.id)) == {zuleika.email}
    assert found("quack") == found("z") == set()
    assert found("") == found("%00") == {zuleika.email, ana.email}


def test_an_address_is_found_in_any_capitals_and_with_blanks_around_it() -> None:
    juergen = a_user("JÜRGEN.Groß@müller.example")
    trusted = staff_with("users.view_user", "bookings.view_personal_data")

    for text in ("jürgen.gross", "Ju\u0308RGEN", "%20J%C3%BCrgen.gro%C3%9F@M%C3%9C%E2%80%8B%C2%A0"):
        assert str(juergen.id) in shown(trusted, f"{LIST}?q={text}")


def test_addresses_are_searched_with_the_permission_only() -> None:
    zuleika = a_user()

    assert str(zuleika.id) not in shown(staff_with("users.view_user"), f"{LIST}?q=zulei")


def test_nothing_can_be_changed_here() -> None:
    user = a_user()
    client = staff_with("users.view_user", "users.change_user", "users.delete_user")

    client.post(f"{LIST}{user.id}/change/", {"email": "x@y.z", "age": "1"})
    client.post(f"{LIST}{user.id}/delete/", {"post": "yes"})

    assert User.objects.get().email == user.email
    assert client.get(f"{LIST}add/").status_code == 403


def test_a_longer_list_asks_no_more_and_counts_no_table(
    django_assert_max_num_queries: object,
) -> None:
    client = staff_with("users.view_user", "bookings.view_personal_data")

    def questions() -> list[str]:
        with django_assert_max_num_queries(20) as asked:
            shown(client, LIST)
        return [query["sql"] for query in asked.captured_queries]

    a_user()
    few = questions()
    for number in range(10):
        a_user(f"guest-{number}@example.com")
    many = questions()

    assert len(many) == len(few)
    assert all("LIMIT" in sql for sql in many if "COUNT(" in sql and "users_user" in sql)
