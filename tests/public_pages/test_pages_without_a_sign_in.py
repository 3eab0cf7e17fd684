"""The landing page and the error pages say what to do next, and need nothing but themselves."""

import re

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client, override_settings
from pytest_django import DjangoAssertNumQueries

from shared_domain.plain_page import render_plain_page
from tests.harness.staff_sessions import sign_in


def _assert_needs_nothing_else(page: str) -> None:
    assert "<main>" in page
    assert "prefers-color-scheme: dark" in page
    assert 'name="viewport"' in page
    # Whatever the page loads is inside it.
    assert all(url.startswith("data:") for url in re.findall(r'(?:src|icon" href)="([^"]+)"', page))
    assert "<script" not in page


def test_the_landing_page_leads_each_group_to_its_place(
    client: Client, db: None, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        answer = client.get("/")

    page = answer.content.decode()
    _assert_needs_nothing_else(page)
    for address in ("/docs", "/redoc", "/docs/changelog", "/openapi.json", "/admin/"):
        assert f'href="{address}"' in page


def test_the_landing_page_knows_where_the_documentation_is(client: Client) -> None:
    with override_settings(EDGE_PREFIX="/edge"):
        page = client.get("/").content.decode()

    assert 'href="/edge/docs"' in page
    assert 'href="/docs"' not in page


def test_browsers_find_the_icon(client: Client) -> None:
    answer = client.get("/favicon.ico")

    assert answer.headers["Content-Type"] == "image/svg+xml"
    assert "max-age=86400" in answer.headers["Cache-Control"]


def test_an_address_that_does_not_exist(client: Client) -> None:
    answer = client.get("/boats/<script>")

    assert answer.status_code == 404
    page = answer.content.decode()
    _assert_needs_nothing_else(page)
    assert "There is no page at <code>/boats/&lt;script&gt;</code>" in page
    assert '<a href="/">' in page


def test_a_page_without_the_permission(client: Client, db: None, django_user_model: type) -> None:
    staff = django_user_model.objects.create(username="ana", is_staff=True)  # type: ignore[attr-defined]
    sign_in(client, staff)

    answer = client.get("/admin/bookings/booking/")

    assert answer.status_code == 403
    page = answer.content.decode()
    _assert_needs_nothing_else(page)
    assert "Your account lacks the permission for this page." in page


def test_a_form_without_its_token() -> None:
    answer = Client(enforce_csrf_checks=True).post("/admin/login/")

    assert answer.status_code == 403
    page = answer.content.decode()
    _assert_needs_nothing_else(page)
    assert "send the form once more" in page


def test_an_unexpected_error_names_its_request(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def _fail(*args: object, **kwargs: object) -> HttpResponse:
        raise ValueError("ada@example.com")

    monkeypatch.setattr("core_site.public_pages.views.render", _fail)
    client.raise_request_exception = False

    answer = client.get("/")

    assert answer.status_code == 500
    page = answer.content.decode()
    _assert_needs_nothing_else(page)
    assert f"<code>{answer.headers['X-Request-Id']}</code>" in page
    assert "ada@" not in page


def test_the_page_of_the_edge_in_place_of_an_answer() -> None:
    page = render_plain_page("Bad Gateway", "Nothing was done <here>.", "<id>", is_temporary=True)

    _assert_needs_nothing_else(page)
    assert "<p>Nothing was done &lt;here&gt;.</p>" in page
    assert '<a href="">Load this page again</a>' in page
    assert "<code>&lt;id&gt;</code>" in page


@pytest.mark.parametrize(
    ("name", "stored"),
    [("unavailable", "nothing of it was stored"), ("outcome_unknown", "may be saved or not")],
)
def test_the_pages_while_postgresql_is_away_ask_it_nothing(name: str, stored: str) -> None:
    from django.template.loader import render_to_string
    from django.test import RequestFactory

    before = len(connection.queries_log)
    page = render_to_string(f"public_pages/{name}.html", request=RequestFactory().get("/admin/"))

    _assert_needs_nothing_else(page)
    assert stored in page
    assert len(connection.queries_log) == before
