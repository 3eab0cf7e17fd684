"""The page for a form that was sent after the session ended: it keeps what was typed.

Django leads such a form to the login page and from there to an empty form. This page holds the
fields, hidden, until the staff user has signed in again in another tab, and sends them once more;
``resend.js`` puts the CSRF token of the new session in place of the old one. It shows nothing of
what was typed, and keeps no password.

Only a form that carries the CSRF token of this browser comes here: ``admin_view`` checks it first,
so that no other website can have a form of its own sent again.
"""

from collections.abc import Iterator

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse


def keep_form(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """Return the page in place of a redirect to the login page, any other response as it is.

    Forms that scripts send have answers of their own; a browser names those that a person sends
    by ``Sec-Fetch-Mode``. Source: W3C Fetch Metadata Request Headers, section 2.3.
    """
    is_sent_by_person = request.headers.get("Sec-Fetch-Mode") == "navigate"
    login = reverse("admin:login")
    if request.method != "POST" or not is_sent_by_person or request.user.is_authenticated:
        return response
    if response.status_code != 302 or not response.headers["Location"].startswith(login):
        return response
    return _page(request, login)


def _page(request: HttpRequest, login: str) -> HttpResponse:
    context = {
        "fields": list(_fields(request)),
        "login": login,
        # A page of every staff user, with a token of the session.
        "token_page": reverse("admin:password_change"),
    }
    page = render(request, "sign_in/signed_out.html", context, status=403)
    page.headers["Cache-Control"] = "no-store, private"
    return page


def _fields(request: HttpRequest) -> Iterator[tuple[str, str]]:
    """Yield what was typed, in its order, without the token and without passwords."""
    for name, values in request.POST.lists():
        if name != "csrfmiddlewaretoken" and "password" not in name:
            yield from ((name, value) for value in values)
