"""The columns and the inline that show API keys to staff; the secret is never shown."""

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.contrib.filters.admin import RadioFilter
from unfold.decorators import display

from core_site.admin_kit.changelist import ReadOnlyAdminMixin
from core_site.admin_kit.model_admin import TabularInline
from core_site.partners.forms import SCOPE_TITLES
from core_site.partners.models import ApiKey
from core_site.usage.last_use import say_last_use, with_last_use
from shared_domain.partners import Scope

STATE_COLOURS = {
    "Works": "success",
    "Replaced": "warning",
    "Expired": "info",
    "Revoked": "danger",
    "Partner inactive": "danger",
}


class KeyColumns:
    @display(description="last used")
    def last_used(self, key: ApiKey) -> str:
        return say_last_use(getattr(key, "last_use", None), issued_at=key.created_at)

    @display(description="mode", ordering="is_test", label={"Test": "info", "Live": "success"})
    def mode(self, key: ApiKey) -> str:
        return "Test" if key.is_test else "Live"

    @display(description="state", label=STATE_COLOURS)
    def state(self, key: ApiKey) -> str:
        if key.revoked_at is not None:
            return "Revoked"
        if key.expires_at is not None and key.expires_at <= timezone.now():
            return "Expired"
        if not key.partner.is_active:
            return "Partner inactive"
        return "Works" if key.replaced_by_id is None else "Replaced"

    @display(description="allowed to")
    def may(self, key: ApiKey) -> str:
        scopes = {Scope(scope) for scope in key.scopes}
        if scopes == set(Scope):
            return "Everything"
        return "; ".join(title for scope, title in SCOPE_TITLES.items() if scope in scopes)


class KeyInline(KeyColumns, ReadOnlyAdminMixin, TabularInline):
    model = ApiKey
    fields = readonly_fields = (
        "prefix",
        "label",
        "mode",
        "state",
        "may",
        "expires_at",
        "last_used",
    )
    extra = 0
    per_page = 20
    show_change_link = True
    hide_title = True
    verbose_name_plural = "API keys"

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApiKey]:
        rows = super().get_queryset(request).select_related("partner").defer("digest")
        return with_last_use(rows)


class KeyStateFilter(RadioFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [("works", "Works"), ("expired", "Expired"), ("revoked", "Revoked")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> QuerySet[ApiKey]:
        now = timezone.now()
        match self.value():
            case "works":
                has_time = Q(expires_at=None) | Q(expires_at__gt=now)
                return queryset.filter(has_time, revoked_at=None, partner__is_active=True)
            case "expired":
                return queryset.filter(revoked_at=None, expires_at__lte=now)
            case "revoked":
                return queryset.exclude(revoked_at=None)
        return queryset
