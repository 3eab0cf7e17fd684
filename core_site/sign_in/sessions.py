"""Sessions end when they were idle for ``SESSION_COOKIE_AGE``."""

import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

#: The end of a session is put off at most so often. Django's ``SESSION_SAVE_EVERY_REQUEST`` would
#: write a row for each request, and a slow request would overwrite what a quick one stored.
PUT_OFF_EVERY_SECONDS = 10 * 60

KEY = "put_off_at"


class SessionsEndWhenIdle:
    """Middleware that postpones the end of a session that is in use."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self._get_response(request)
        session = request.session
        # A session that the view did not look at is not loaded for this, and none is begun.
        if session.accessed and session.session_key and not session.is_empty():
            now = int(time.time())
            if now - session.get(KEY, 0) >= PUT_OFF_EVERY_SECONDS:
                session[KEY] = now
        return response


def note_beginning(request: HttpRequest, **of_signal: object) -> None:
    """Note when a session begins, in the write that stores it anyway: at sign-in."""
    request.session[KEY] = int(time.time())
