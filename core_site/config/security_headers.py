"""Middleware for the headers Content-Security-Policy and Permissions-Policy."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

#: What a page may load and where it may send forms: Portico itself. Unfold's menus are Alpine.js,
#: which evaluates its attributes (``unsafe-eval``), and its charts write style attributes.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)

#: Features of the browser that no page uses, but for the camera on the scan page.
_FEATURES = ("camera", "geolocation", "microphone", "payment", "usb")


def permissions_policy(**allowed: str) -> str:
    """Return the value of Permissions-Policy; ``camera="(self)"`` allows the camera."""
    return ", ".join(f"{feature}={allowed.get(feature, '()')}" for feature in _FEATURES)


PERMISSIONS_POLICY = permissions_policy()


class SecurityHeaders:
    """Sets both headers on every response, except those that the view has set.

    Source: W3C Content Security Policy Level 3; W3C Permissions Policy.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self._get_response(request)
        response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        return response
