"""A session ends twelve idle hours after its last request, not after its first."""

import time
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from core_site.sign_in import sessions
from tests.admin.staff import logged_in

HOURS = timedelta(hours=12)


@pytest.fixture
def rosa(db: None) -> Client:
    return logged_in()


def ends_in(client: Client) -> timedelta:
    (session,) = Session.objects.all()
    return session.expire_date - timezone.now()


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> None:
    moment = time.time() + sessions.PUT_OFF_EVERY_SECONDS
    monkeypatch.setattr(sessions.time, "time", lambda: moment)


def test_a_session_in_use_goes_on(rosa: Client, later: None) -> None:
    Session.objects.update(expire_date=timezone.now() + timedelta(minutes=1))

    page = rosa.get("/admin/password_change/")

    assert HOURS - timedelta(minutes=1) < ends_in(rosa) <= HOURS
    assert page.cookies["sessionid"]["max-age"] == HOURS.total_seconds()


def test_its_end_is_not_put_off_at_every_request(rosa: Client) -> None:
    ends_at = Session.objects.get().expire_date

    rosa.get("/admin/password_change/")

    assert Session.objects.get().expire_date == ends_at


def test_an_idle_session_is_over(rosa: Client) -> None:
    Session.objects.update(expire_date=timezone.now())

    assert rosa.get("/admin/password_change/").status_code == 302


def test_what_was_typed_outlives_the_session(rosa: Client) -> None:
    Session.objects.update(expire_date=timezone.now())
    typed = {"name": "Pier & co", "permissions": ["7", "8"], "password1": "secret words"}
    browser = {"Sec-Fetch-Mode": "navigate"}

    page = rosa.post("/admin/auth/group/add/?_popup=1", typed, headers=browser)

    assert page.status_code == 403
    assert "no-store" in page.headers["Cache-Control"]
    content = page.content.decode()
    assert "You are signed out" in content
    assert 'action="/admin/auth/group/add/?_popup=1"' in content
    for kept in ("Pier &amp; co", "7", "8"):
        assert f'value="{kept}"' in content
    assert "secret words" not in content
    assert rosa.get("/admin/auth/group/", headers=browser).status_code == 302
    assert rosa.post("/admin/auth/group/add/", typed).status_code == 302


def test_no_form_of_another_website_is_kept(db: None) -> None:
    stranger = Client(enforce_csrf_checks=True)

    page = stranger.post(
        "/admin/auth/group/add/", {"name": "x"}, headers={"Sec-Fetch-Mode": "navigate"}
    )

    assert "You are signed out" not in page.content.decode()


def test_a_call_without_a_session_gets_none(client: Client, db: None) -> None:
    page = client.get("/v1/users")

    assert "sessionid" not in page.cookies
    assert not Session.objects.exists()
