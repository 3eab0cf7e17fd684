"""Staff issue, rotate and revoke keys on their pages; the secret is seen once, and only there."""

import logging
import re
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.utils import timezone

from core_site.database import DjangoDatabase
from core_site.partners.models import ApiKey, Partner
from shared_domain import partners
from shared_domain.partners.sql_store import SqlKeyStore
from shared_domain.run_now import run_now
from tests.harness.pages import context_of
from tests.harness.responses import ClientResponse
from tests.harness.staff_sessions import sign_in

pytestmark = pytest.mark.django_db

LIST = "/admin/partners/apikey/"
ISSUE = f"{LIST}issue/"
ALL_SCOPES = ["catalog:read", "bookings:read", "bookings:write"]


@pytest.fixture
def partner(db: None) -> Partner:
    return Partner.objects.create(code="alpine", name="Alpine Tickets", email="it@alpine.example")


@pytest.fixture
def someone(db: None) -> User:
    return User.objects.create(username="someone", is_staff=True, is_superuser=True)


@pytest.fixture
def staff(someone: User) -> Client:
    client = Client()
    sign_in(client, someone)
    return client


def staff_with(*permissions: str) -> Client:
    user = User.objects.create(username="limited", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    sign_in(client, user)
    return client


def issued_for(partner: Partner, **changes: object) -> partners.IssuedKey:
    asked = {
        "label": "web shop",
        "is_test": False,
        "scopes": ALL_SCOPES,
        "expires_at": None,
        "now": timezone.now(),
        **changes,
    }
    store = SqlKeyStore(DjangoDatabase())
    return run_now(partners.issue_key(partners.PartnerId(partner.pk), **asked, store=store))


def form_for(chosen: Partner, **changes: object) -> dict[str, object]:
    return {
        "partner": chosen.pk,
        "label": "web shop",
        "mode": "live",
        "scopes": ALL_SCOPES,
        "expires_at": "",
        **changes,
    }


def secrets_on(page: ClientResponse) -> list[str]:
    return re.findall(r"pk_(?:live|test)_[0-9A-Za-z]{38}", page.content.decode())


def recognise(secret: str) -> partners.ApiKey:
    store = SqlKeyStore(DjangoDatabase())
    return run_now(partners.authenticate(secret, now=timezone.now(), store=store))


def test_a_key_is_issued_on_a_page_that_no_cache_may_store(staff: Client, partner: Partner) -> None:
    page = staff.post(ISSUE, form_for(partner, mode="test", scopes=["catalog:read"]))

    (secret,) = secrets_on(page)
    assert page.status_code == 200
    assert "no-store" in page["Cache-Control"]
    key = recognise(secret)
    assert (key.partner_id, key.is_test, key.scopes) == (partner.pk, True, {"catalog:read"})


def test_the_secret_is_in_no_table_log_session_or_later_page(
    staff: Client, partner: Partner, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    page = staff.post(ISSUE, form_for(partner))

    (secret,) = secrets_on(page)
    key = ApiKey.objects.get()
    assert secret not in everything_stored()
    assert secret not in caplog.text
    assert secret not in str(dict(staff.session)) + str(staff.cookies)
    for path in (LIST, f"{LIST}{key.pk}/change/", f"{LIST}{key.pk}/history/", "/admin/"):
        assert secret not in staff.get(path).content.decode()


def everything_stored() -> str:
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        rows = []
        for table in tables:
            cursor.execute(f'SELECT t::text FROM "{table}" t')
            rows += [row for (row,) in cursor.fetchall()]
    return "\n".join(rows)


def test_a_last_day_is_meant_to_its_end(staff: Client, partner: Partner) -> None:
    staff.post(ISSUE, form_for(partner, expires_at="2099-12-31"))

    assert ApiKey.objects.get().expires_at.isoformat() == "2100-01-01T00:00:00+00:00"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"label": ""}, "This field is required"),
        ({"label": "a\x00b"}, "Null characters are not allowed"),
        ({"label": "a\x07b"}, "all of them printable"),
        ({"label": "x" * 101}, "at most 100 characters"),
        ({"scopes": []}, "This field is required"),
        ({"scopes": ["admin"]}, "not one of the available choices"),
        ({"mode": "both"}, "not one of the available choices"),
        ({"partner": "999999"}, "not one of the available choices"),
        ({"expires_at": "2020-01-01"}, "must lie in the future"),
        ({"expires_at": "9999-12-31"}, "too far ahead"),
        ({"expires_at": "soon"}, "Enter a valid date"),
    ],
)
def test_bad_input_is_explained_beside_its_field(
    staff: Client, partner: Partner, changes: dict[str, object], message: str
) -> None:
    page = staff.post(ISSUE, form_for(partner, **changes))

    assert page.status_code == 400
    assert message in page.content.decode()
    assert not ApiKey.objects.exists()


def test_no_key_is_issued_to_an_inactive_partner(staff: Client, partner: Partner) -> None:
    Partner.objects.update(is_active=False)

    page = staff.post(ISSUE, form_for(partner))

    assert "The partner account is not active." in page.content.decode()
    assert not ApiKey.objects.exists()


def test_the_partners_page_leads_to_a_form_that_names_it(staff: Client, partner: Partner) -> None:
    page = staff.get(f"/admin/partners/partner/{partner.pk}/issue-key/", follow=True)

    assert f'<option value="{partner.pk}" selected>Alpine Tickets</option>' in " ".join(
        page.content.decode().split()
    )


def test_a_rotated_key_is_followed_by_one_shown_once(staff: Client, partner: Partner) -> None:
    old = issued_for(partner)

    page = staff.post(f"{LIST}{old.id}/rotate/", {"overlap": "24"})

    (secret,) = secrets_on(page)
    assert "no-store" in page["Cache-Control"]
    assert recognise(secret).id == recognise(old.secret).replaced_by
    ends = ApiKey.objects.get(pk=old.id).expires_at
    assert abs(ends - timezone.now() - timedelta(hours=24)) < timedelta(minutes=1)
    assert f"works until {ends:%Y-%m-%d %H:%M} UTC" in page.content.decode()


@pytest.mark.parametrize("overlap", ["", "-1", "721", "9" * 30, "a day"])
def test_an_impossible_overlap_is_explained(staff: Client, partner: Partner, overlap: str) -> None:
    old = issued_for(partner)

    page = staff.post(f"{LIST}{old.id}/rotate/", {"overlap": overlap})

    assert page.status_code == 400
    assert ApiKey.objects.count() == 1


def test_a_refused_rotation_is_a_message_on_the_page(staff: Client, partner: Partner) -> None:
    old = issued_for(partner)
    staff.post(f"{LIST}{old.id}/revoke/")

    page = staff.post(f"{LIST}{old.id}/rotate/", {"overlap": "1"})

    assert page.status_code == 400
    assert "was revoked on" in page.content.decode()
    assert ApiKey.objects.count() == 1


def test_revoking_asks_first_and_then_works_at_once(staff: Client, partner: Partner) -> None:
    key = issued_for(partner)

    question = staff.get(f"{LIST}{key.id}/revoke/")
    assert "This cannot be undone" in question.content.decode()
    recognise(key.secret)

    page = staff.post(f"{LIST}{key.id}/revoke/", follow=True)
    assert "no longer works" in page.content.decode()
    with pytest.raises(partners.KeyRevoked):
        recognise(key.secret)


@pytest.mark.parametrize(
    ("typed", "stored"), [("500", 500), ("", None), ("0", 7), ("10001", 7), ("many", 7)]
)
def test_limiting_how_often_a_key_may_call(
    staff: Client, partner: Partner, typed: str, stored: int | None
) -> None:
    key = issued_for(partner)
    ApiKey.objects.filter(pk=key.id).update(rate_limit_per_second=7)

    path = f"{LIST}{key.id}/limit-rate/"
    page = staff.post(path, {"rate_limit_per_second": typed}, follow=True).content.decode()

    assert ("… is that of every key within a second." in page) is (stored is None)
    assert ("… holds within a second." in page) is (stored == 500)
    assert ApiKey.objects.get(pk=key.id).rate_limit_per_second == stored


def test_a_limit_that_another_user_has_set_meanwhile_is_shown_first(
    staff: Client, partner: Partner
) -> None:
    key = issued_for(partner)
    path = f"{LIST}{key.id}/limit-rate/"
    form = {"page_version": context_of(staff, path)["form"]["page_version"].value()}
    staff.post(path, form | {"rate_limit_per_second": "500"})

    page = staff.post(path, form | {"rate_limit_per_second": ""})

    assert "Calls in a second: empty → 500." in page.content.decode()
    assert ApiKey.objects.get(pk=key.id).rate_limit_per_second == 500


def test_every_step_names_who_took_it(staff: Client, someone: User, partner: Partner) -> None:
    staff.post(ISSUE, form_for(partner))
    old = ApiKey.objects.get()
    staff.post(f"{LIST}{old.pk}/rotate/", {"overlap": "1"})
    staff.post(f"{LIST}{old.pk}/revoke/")

    steps = LogEntry.objects.order_by("pk").values_list("user", "change_message")
    assert {user for user, _ in steps} == {someone.pk}
    said = [message for _, message in steps]
    assert said[0] == "Issued."
    assert said[1].startswith("Issued to replace")
    assert said[2].startswith("Rotated: replaced by")
    assert said[3] == "Revoked."
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT c.metadata ->> 'user' FROM partners_apikeyevent e"
            " JOIN pghistory_context c ON c.id = e.pgh_context_id"
        )
        assert cursor.fetchall() == [(str(someone.pk),)]


@pytest.mark.parametrize(
    ("permissions", "allowed"),
    [
        (["view_apikey", "view_partner"], set()),
        (["view_apikey", "view_partner", "add_apikey"], {"issue"}),
        (["view_apikey", "view_partner", "change_apikey"], {"limit_rate", "revoke"}),
        (
            ["view_apikey", "add_apikey", "change_apikey"],
            {"issue", "rotate", "limit_rate", "revoke"},
        ),
    ],
)
def test_staff_do_what_their_permissions_say(
    partner: Partner, permissions: list[str], allowed: set[str]
) -> None:
    key = issued_for(partner)
    client = staff_with(*permissions)
    requests = {
        "issue": (ISSUE, form_for(partner)),
        "rotate": (f"{LIST}{key.id}/rotate/", {"overlap": "1"}),
        "limit_rate": (f"{LIST}{key.id}/limit-rate/", {"rate_limit_per_second": "500"}),
        "revoke": (f"{LIST}{key.id}/revoke/", {}),
    }

    buttons = (
        client.get(LIST).content.decode() + client.get(f"{LIST}{key.id}/change/").content.decode()
    )
    for name, (path, form) in requests.items():
        assert (f'href="{path}"' in buttons) == (name in allowed)
        before = list(ApiKey.objects.values())
        status = client.post(path, form).status_code
        assert (status == 403) == (name not in allowed)
        assert (list(ApiKey.objects.values()) == before) == (name not in allowed)


def test_no_staff_user_adds_changes_or_deletes_a_key_by_hand(
    staff: Client, partner: Partner
) -> None:
    key = issued_for(partner)
    before = list(ApiKey.objects.values())

    assert staff.post(f"{LIST}add/", form_for(partner)).status_code == 403
    assert staff.post(f"{LIST}{key.id}/change/", {"label": "other"}).status_code == 403
    assert staff.post(f"{LIST}{key.id}/delete/", {"post": "yes"}).status_code == 403
    staff.post(LIST, {"action": "delete_selected", "_selected_action": key.id, "post": "yes"})

    assert list(ApiKey.objects.values()) == before


def test_the_digest_is_on_no_page(staff: Client, partner: Partner) -> None:
    key = issued_for(partner)
    digest = partners.key_digest(key.secret)

    for path in (LIST, f"{LIST}{key.id}/change/", f"/admin/partners/partner/{partner.pk}/change/"):
        page = staff.get(path).content.decode()
        assert key.secret[:14] in page
        assert digest.hex() not in page
        assert str(digest) not in page


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?q=web",
        "?q=pk_live",
        "?state=works",
        "?state=expired",
        "?state=revoked",
        "?is_test__exact=1",
        "?q=%00",
        "?state=nonsense",
    ],
)
def test_lists_can_be_searched_and_filtered(staff: Client, partner: Partner, query: str) -> None:
    issued_for(partner)

    of_keys_only = query.startswith(("?state", "?is_test"))
    assert staff.get(LIST + query).status_code == 200
    partners = staff.get(f"/admin/partners/partner/{query}")
    assert partners.status_code == (400 if of_keys_only else 200)


@pytest.mark.parametrize("path", [LIST, "/admin/partners/partner/"])
def test_a_longer_list_asks_no_more_questions(
    staff: Client, partner: Partner, path: str, django_assert_max_num_queries: object
) -> None:
    def questions() -> int:
        with django_assert_max_num_queries(30) as asked:
            staff.get(path)
        return len(asked)

    issued_for(partner)
    few = questions()
    for number in range(10):
        other = Partner.objects.create(code=f"p{number}", name=f"Partner {number}", email="a@b.c")
        issued_for(other)

    assert questions() == few


@pytest.mark.parametrize("object_id", ["999999", "x", "_00", "9" * 40])
def test_an_unknown_key_leads_back_with_a_message(staff: Client, object_id: str) -> None:
    for verb in ("rotate", "revoke"):
        assert staff.get(f"{LIST}{object_id}/{verb}/").status_code == 302
