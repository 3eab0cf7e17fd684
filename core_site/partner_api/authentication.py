"""Authentication and permission classes: API keys as bearer tokens, and their scopes."""

from collections.abc import Mapping
from typing import cast

from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from core_site import stores
from shared_domain import partners
from shared_domain.run_now import run_now


class ApiKeyAuthentication(BaseAuthentication):
    """Sets ``request.auth`` to the :class:`~shared_domain.partners.Caller` of the API key.

    ``request.user`` stays None: a partner's program is not a staff user.
    """

    def authenticate(self, request: Request) -> tuple[None, partners.Caller]:
        token = _bearer_token(request.META.get("HTTP_AUTHORIZATION", ""))
        key = run_now(partners.authenticate(token, now=timezone.now(), store=stores.keys()))
        return None, key.caller(environment=request.META.get("HTTP_OCTO_ENV"))


class HasScope(BasePermission):
    """Permission that requires the scope in the view's ``scopes`` for the HTTP method."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        method = "GET" if request.method == "HEAD" else request.method
        scopes: Mapping[str | None, partners.Scope] = getattr(view, "scopes", {})
        if scope := scopes.get(method):
            cast(partners.Caller, request.auth).require(scope)
        return True


def _bearer_token(header: str) -> str:
    """Return the bearer token of an Authorization header (RFC 6750, section 2.1).

    Raises:
        KeyMissing: the header is absent, or holds no bearer token.
        KeyMalformed: it was sent more than once; WSGI joins the values with a comma.
    """
    scheme, _, token = header.strip(" \t").partition(" ")
    token = token.lstrip(" ")
    if "," in header and all(header.split(",")):
        raise partners.KeyMalformed(is_repeated=True)
    if scheme.lower() != "bearer" or not token:
        raise partners.KeyMissing
    return token
