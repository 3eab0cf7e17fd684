"""The form that issues or rotates a key works once: a reload of its answer issues nothing."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from core_site.admin_kit.models import SubmittedForm
from core_site.partners.models import ApiKey, Partner
from tests.admin.staff import text_of
from tests.harness.pages import context_of
from tests.harness.responses import ClientResponse
from tests.harness.staff_sessions import sign_in
from tests.partners.test_keys_in_the_admin import ISSUE, LIST, form_for, issued_for, secrets_on

pytestmark = pytest.mark.django_db


@pytest.fixture
def partner(db: None) -> Partner:
    return Partner.objects.create(code="alpine", name="Alpine Tickets", email="it@alpine.example")


@pytest.fixture
def staff(db: None) -> Client:
    return browser_of(User.objects.create(username="rosa", is_staff=True, is_superuser=True))


def browser_of(user: User) -> Client:
    client = Client()
    sign_in(client, user)
    return client


def opened(client: Client, path: str, **filled_in: object) -> dict[str, object]:
    """Open the page, fill in its form, and return what a browser would send."""
    form = context_of(client, path)["form"]
    return {"submission": form["submission"].value(), **filled_in}


def issue_form(client: Client, partner: Partner) -> dict[str, object]:
    return opened(client, ISSUE, **form_for(partner))


def assert_it_tells_of(page: ClientResponse, key: ApiKey) -> None:
    assert page.redirect_chain[-1][0] == f"{LIST}{key.pk}/change/"
    said = text_of(page)
    assert "Nothing was issued now: this form was sent before" in said
    assert f"made the key {key.prefix}…" in said
    assert not secrets_on(page)


def test_a_reload_issues_nothing_and_leads_to_the_key(staff: Client, partner: Partner) -> None:
    form = issue_form(staff, partner)
    assert secrets_on(staff.post(ISSUE, form))

    again = staff.post(ISSUE, form, follow=True)

    assert_it_tells_of(again, ApiKey.objects.get())


def test_a_reload_after_logging_in_again_issues_nothing(staff: Client, partner: Partner) -> None:
    form = issue_form(staff, partner) | {"csrfmiddlewaretoken": "a" * 64}
    staff.post(ISSUE, form)

    other = browser_of(User.objects.get())
    again = other.post(ISSUE, form | {"csrfmiddlewaretoken": "b" * 64}, follow=True)

    assert_it_tells_of(again, ApiKey.objects.get())


def test_a_reload_rotates_nothing(staff: Client, partner: Partner) -> None:
    path = f"{LIST}{issued_for(partner).id}/rotate/"
    form = opened(staff, path, overlap="1")
    staff.post(path, form)

    again = staff.post(path, form, follow=True)

    assert ApiKey.objects.count() == 2
    assert_it_tells_of(again, ApiKey.objects.first())


def test_two_pages_issue_a_key_each(staff: Client, partner: Partner) -> None:
    for form in [issue_form(staff, partner), issue_form(staff, partner)]:
        assert secrets_on(staff.post(ISSUE, form))

    assert ApiKey.objects.count() == 2


def test_what_was_refused_can_be_sent_again(staff: Client, partner: Partner) -> None:
    form = issue_form(staff, partner)
    Partner.objects.update(is_active=False)
    assert staff.post(ISSUE, form).status_code == 400
    assert not SubmittedForm.objects.exists()

    Partner.objects.update(is_active=True)
    assert secrets_on(staff.post(ISSUE, form))


def test_content_that_comes_from_no_page_is_known_by_itself(
    staff: Client, partner: Partner
) -> None:
    staff.post(ISSUE, form_for(partner))
    staff.post(ISSUE, form_for(partner))
    staff.post(ISSUE, form_for(partner, label="another"))

    assert sorted(ApiKey.objects.values_list("label", flat=True)) == ["another", "web shop"]


@pytest.mark.django_db(transaction=True)
def test_a_double_click_issues_one_key(staff: Client, partner: Partner) -> None:
    form = issue_form(staff, partner)
    browsers = [browser_of(User.objects.get()) for _ in range(3)]

    def click(browser: Client) -> int:
        try:
            return len(secrets_on(browser.post(ISSUE, form)))
        finally:
            connection.close()

    with ThreadPoolExecutor(len(browsers)) as threads:
        shown = sorted(threads.map(click, browsers))

    assert shown == [0, 0, 1]
    assert ApiKey.objects.count() == 1
