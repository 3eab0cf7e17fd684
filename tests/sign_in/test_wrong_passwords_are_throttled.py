"""Passwords cannot be guessed, and checking wrong ones cannot saturate Django."""

import logging
from datetime import timedelta
from ipaddress import ip_network

import psycopg
import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from core_site.sign_in import backends, throttling
from core_site.sign_in.models import SignInAttempts
from tests.admin.staff import text_of
from tests.harness.responses import ClientResponse

PASSWORD = "correct horse battery staple"

LOGIN = "/admin/login/"


@pytest.fixture(autouse=True)
def quick_hashes(settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def low_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Throttle early: each attempt that a test sends renders the page of the sign-in."""
    monkeypatch.setitem(throttling.LIMITS, "account and address", 4)


@pytest.fixture
def rosa(db: None, quick_hashes: None) -> User:
    return User.objects.create_user("rosa", password=PASSWORD, is_staff=True)


def sign_in(
    username: str = "rosa", password: str = "hunter2", address: str = "192.0.2.1"
) -> ClientResponse:
    form = {"username": username, "password": password}
    return Client().post(LOGIN, form, HTTP_X_FORWARDED_FOR=address)


def is_refused(page: ClientResponse) -> bool:
    return "Too many attempts to sign in" in text_of(page)


def fail(times: int, **values: str) -> None:
    for _ in range(times):
        assert not is_refused(sign_in(**values))


def test_an_account_is_throttled_from_an_address_and_told_until_when(rosa: User) -> None:
    fail(throttling.LIMITS["account and address"])

    page = sign_in(password=PASSWORD)

    until = timezone.now() + throttling.WINDOW
    assert page.status_code == 200
    assert any(
        f"try again after {moment:%H:%M} UTC" in text_of(page)
        for moment in (until, until - timedelta(minutes=1))
    )
    assert sign_in(password=PASSWORD, address="192.0.2.2").status_code == 302


def test_the_old_password_of_a_new_one_is_throttled_alike(rosa: User) -> None:
    """A session may be another's by now; the account's attempts to sign in count with these."""
    browser = Client(headers={"X-Forwarded-For": "192.0.2.1"})
    browser.force_login(rosa)
    page = "/admin/password_change/"
    new = {"new_password1": "a brand new passphrase", "new_password2": "a brand new passphrase"}
    fail(2)
    for _ in range(throttling.LIMITS["account and address"] - 2):
        assert "entered incorrectly" in text_of(browser.post(page, new | {"old_password": "no"}))

    assert is_refused(browser.post(page, new | {"old_password": PASSWORD}))
    assert is_refused(sign_in(password=PASSWORD))
    rosa.refresh_from_db()
    assert rosa.check_password(PASSWORD)


def test_the_right_old_password_gives_a_new_one(rosa: User) -> None:
    browser = Client()
    browser.force_login(rosa)
    new = {"new_password1": "a brand new passphrase", "new_password2": "a brand new passphrase"}

    shown = browser.get("/admin/password_change/")
    saved = browser.post("/admin/password_change/", new | {"old_password": PASSWORD})

    assert (shown.status_code, saved.status_code) == (200, 302)
    rosa.refresh_from_db()
    assert rosa.check_password("a brand new passphrase")


@pytest.mark.parametrize("spelling", ["ROSA", "ｒosa"])
def test_spellings_of_one_name_are_one_account(rosa: User, spelling: str) -> None:
    fail(throttling.LIMITS["account and address"], username=spelling)

    assert is_refused(sign_in(password=PASSWORD))


@pytest.mark.parametrize(
    ("first", "second"), [("192.0.2.7", "192.0.2.7"), ("2001:db8::1", "2001:db8::beef")]
)
def test_an_address_is_throttled_over_all_accounts(
    rosa: User, monkeypatch: pytest.MonkeyPatch, first: str, second: str
) -> None:
    monkeypatch.setitem(throttling.LIMITS, "address", 5)
    for number in range(throttling.LIMITS["address"]):
        fail(1, username=f"guess{number}", address=first)

    assert is_refused(sign_in(password=PASSWORD, address=second))
    assert sign_in(password=PASSWORD, address="2001:db9::1").status_code == 302


def test_refused_attempts_store_nothing_more(rosa: User) -> None:
    SignInAttempts.objects.create(
        digest=throttling.SignInAttempt.of(None, "x").address, attempts=50, began_at=timezone.now()
    )
    before = SignInAttempts.objects.count()

    for number in range(5):
        Client(REMOTE_ADDR="").post(LOGIN, {"username": f"guess{number}", "password": "x"})

    assert SignInAttempts.objects.count() == before


def test_an_account_is_throttled_over_all_addresses(
    rosa: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(throttling.LIMITS, "account", 5)
    for number in range(throttling.LIMITS["account"]):
        fail(1, address=f"198.51.100.{number}")

    assert is_refused(sign_in(password=PASSWORD, address="192.0.2.9"))


def test_success_counts_nothing_and_forgets_failures(
    rosa: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(2):
        fail(throttling.LIMITS["account and address"] - 1)
        assert sign_in(password=PASSWORD).status_code == 302
    monkeypatch.setitem(throttling.LIMITS, "address", 5)
    for _ in range(6):
        assert sign_in(password=PASSWORD, address="192.0.2.77").status_code == 302


def test_the_window_ends(rosa: User) -> None:
    fail(throttling.LIMITS["account and address"])
    SignInAttempts.objects.update(began_at=timezone.now() - throttling.WINDOW)

    assert sign_in(password=PASSWORD).status_code == 302


def test_an_administrator_lets_a_user_in_again(rosa: User) -> None:
    fail(throttling.LIMITS["account and address"])

    call_command("allow_sign_in", "rosa")

    assert sign_in(password=PASSWORD).status_code == 302


def test_the_worker_forgets_what_is_over(rosa: User) -> None:
    fail(2)
    SignInAttempts.objects.update(began_at=timezone.now() - throttling.WINDOW * 2)

    assert throttling.forget_old_attempts() > 0
    assert not SignInAttempts.objects.exists()


def test_neither_log_nor_table_tells_who_tried_from_where(
    rosa: User, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        fail(throttling.LIMITS["account and address"])
        sign_in()

    lines = [record.getMessage() for record in caplog.records if "sign_in" in record.name]
    assert len(lines) == throttling.LIMITS["account and address"] + 1
    assert len({line.partition("account ")[2] for line in lines}) == 1
    for told in ("rosa", "192.0.2.1", "hunter2"):
        assert told not in "".join(lines)
        assert told not in str(list(SignInAttempts.objects.values()))


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("192.0.2.66, 192.0.2.1, 10.0.0.7", "192.0.2.1"),
        ("192.0.2.66, 192.0.2.1, ::ffff:10.0.0.7", "192.0.2.1"),
        ("10.0.0.7", "10.0.0.7"),
        ("nonsense", "nonsense"),
        ("", ""),
    ],
)
def test_the_caller_is_the_last_address_that_is_no_proxy(
    settings, rf, said: str, expected: str
) -> None:
    settings.TRUSTED_PROXIES = [ip_network("10.0.0.0/8")]
    request = rf.get("/", HTTP_X_FORWARDED_FOR=said, REMOTE_ADDR="")

    assert throttling.caller_address(request) == expected


def test_only_one_password_is_checked_at_a_time(
    rosa: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backends, "LONGEST_WAIT", "100ms")
    parts = connection.get_connection_params()
    names = ("dbname", "user", "password", "host", "port")
    # Another process is checking one.
    with psycopg.connect(**{name: parts[name] for name in names if name in parts}) as other:
        other.execute("SELECT pg_advisory_xact_lock(%s)", [backends.LOCK])

        page = sign_in(password=PASSWORD)

    assert "your password was not checked" in text_of(page)
    assert sign_in(password=PASSWORD).status_code == 302


def test_few_wait_for_it_and_all_other_threads_go_on(rosa: User) -> None:
    with backends.PLACES, backends.PLACES:
        for _ in range(throttling.LIMITS["account and address"] + 1):
            assert "your password was not checked" in text_of(sign_in(password=PASSWORD))

    assert not SignInAttempts.objects.filter(attempts__gt=0).exists()
    assert sign_in(password=PASSWORD).status_code == 302
