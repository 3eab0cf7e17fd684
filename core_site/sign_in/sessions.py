"""Expiry of sessions: each ends after ``SESSION_COOKIE_AGE`` without a request."""

import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

#: How often the expiry of a session is postponed at most. ``SESSION_SAVE_EVERY_REQUEST`` would
#: write a row for each request, and a slow request would overwrite what a quick one stored.
PUT_OFF_EVERY_SECONDS = 10 * 60

KEY = "put_off_at"


class SessionsEndWhenIdle:
    """Middleware that postpones the expiry of a session that is in use."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self._get_response(request)
        session = request.session
        # Only a session that the view has loaded is postponed; none is loaded or begun for it.
        if session.accessed and session.session_key and not session.is_empty():
            now = int(time.time())
            if now - session.get(KEY, 0) >= PUT_OFF_EVERY_SECONDS:
                session[KEY] = now
        return response


def note_beginning(request: HttpRequest, **of_signal: object) -> None:
    """Store the time in a session when it begins, at sign-in, which writes the session anyway."""
    request.session[KEY] = int(time.time())
