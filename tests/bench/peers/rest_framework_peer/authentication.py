"""Source: REST framework's guides "Authentication" (custom) and "Permissions" (custom)."""

from typing import Any

from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from core_site.partners.models import ApiKey
from tests.bench.peers import django_data, rules


class ApiKeyAuthentication(BaseAuthentication):
    def authenticate(self, request: Request) -> tuple[None, ApiKey | None]:
        digest = rules.key_digest(request.headers.get("Authorization"))
        return None, django_data.keys().filter(digest=digest).first()

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class HasScope(BasePermission):
    """The view names the scope of each method, as in ``scopes = {"GET": "bookings:read"}``."""

    def has_permission(self, request: Request, view: Any) -> bool:
        rules.check_key(request.auth, scope=view.scopes[request.method], now=rules.now_utc())
        return True
