"""The staff's pages for partners and their API keys.

No form changes a key; the actions call ``shared_domain.partners``. To issue a key needs the
permission to add keys, to revoke one the permission to change them, and to rotate one both.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.db.models import Count, Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from unfold.contrib.filters.admin import (
    AutocompleteSelectFilter,
    BooleanRadioFilter,
    ChoicesRadioFilter,
)
from unfold.dataclasses import UnfoldAction
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from core_site import stores
from core_site.admin_kit.changelist import ReadOnlyAdminMixin
from core_site.admin_kit.confirmation_page import ConfirmationPage, render_confirmation
from core_site.admin_kit.django_types import ModelForm
from core_site.admin_kit.model_admin import ModelAdmin
from core_site.admin_kit.protected_delete import ProtectedDeleteMixin
from core_site.admin_kit.submit_once import AlreadySubmitted, submit_once
from core_site.admin_kit.viewer_zone import format_instant
from core_site.admin_row_history import RowHistoryMixin
from core_site.catalog.direct_terms import sell_all_products
from core_site.partners.forms import (
    IssueKeyForm,
    LimitRateForm,
    PartnerForm,
    RevokeKeyForm,
    RotateKeyForm,
)
from core_site.partners.key_display import KeyColumns, KeyInline, KeyStateFilter
from core_site.partners.key_pages import show_secret
from core_site.partners.models import ApiKey, Partner
from core_site.partners.panels import PANELS
from core_site.transactions import run_in_form
from core_site.usage.last_use import with_last_use
from shared_domain import partners
from shared_domain.run_now import run_now


class _PartnerWithKeys(Protocol):
    works_count: int


@admin.register(Partner)
class PartnerAdmin(ProtectedDeleteMixin, RowHistoryMixin, ModelAdmin):
    form = PartnerForm
    list_display = ("name", "code", "kind_shown", "is_active", "works_count",
                    "longest_hold", "created_at")  # fmt: skip
    list_filter = (("kind", ChoicesRadioFilter), ("is_active", BooleanRadioFilter))
    list_filter_submit = True
    search_fields = ("name", "code", "email")
    search_help_text = "Name, code or e-mail"
    fields = (
        "name",
        "code",
        "kind",
        "email",
        "is_active",
        "max_hold_minutes",
        "max_held_percent",
        "test_mail_addresses",
    )
    panels = PANELS
    actions_detail = ("issue_key",)
    advice = "To turn a partner away, switch it off instead: its keys then stop working."

    def get_fields(self, request: HttpRequest, obj: Partner | None = None) -> tuple[str, ...]:
        return self.fields if obj is None else (*self.fields, "created_at")

    def get_inlines(self, request: HttpRequest, obj: Partner | None) -> tuple[type[KeyInline], ...]:
        return () if obj is None or obj.kind == partners.PartnerKind.DIRECT else (KeyInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Partner]:
        has_time = Q(api_keys__expires_at=None) | Q(api_keys__expires_at__gt=timezone.now())
        works = Q(is_active=True, api_keys__revoked_at=None) & has_time
        rows: QuerySet[Partner] = super().get_queryset(request)
        return rows.annotate(works_count=Count("api_keys", filter=works))

    @display(description="kind", ordering="kind", label={"direct": "info"})
    def kind_shown(self, partner: Partner) -> str:
        return partner.kind

    def save_model(self, request: HttpRequest, obj: Model, form: ModelForm, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if isinstance(obj, Partner) and not change and obj.kind == partners.PartnerKind.DIRECT:
            sell_all_products(obj)

    @display(description="working keys", ordering="works_count")
    def works_count(self, partner: _PartnerWithKeys) -> int:
        return partner.works_count

    @display(description="longest hold, minutes", ordering="max_hold_minutes")
    def longest_hold(self, partner: Partner) -> str:
        return f"{partner.max_hold_minutes:,}"

    def get_readonly_fields(
        self, request: HttpRequest, obj: Partner | None = None
    ) -> tuple[str, ...]:
        # Programs and reports know a partner by its code, so it does not change; and what was sold
        # directly stays so.
        return ("created_at",) if obj is None else ("code", "kind", "created_at")

    def get_prepopulated_fields(
        self, request: HttpRequest, obj: Partner | None = None
    ) -> dict[str, Sequence[str]]:
        return {"code": ("name",)} if obj is None else {}

    def has_issue_key_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return request.user.has_perm("partners.add_apikey")

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[UnfoldAction]:
        partner = self.get_object(request, unquote(str(object_id)))
        if partner is not None and partner.kind == partners.PartnerKind.DIRECT.value:
            return []
        return super().get_actions_detail(request, object_id)

    @action(
        description="Issue an API key",
        icon="key",
        url_path="issue-key",
        permissions=["issue_key"],
        variant=ActionVariant.PRIMARY,
    )
    def issue_key(self, request: HttpRequest, object_id: str) -> HttpResponse:
        chosen = urlencode({"partner": unquote(object_id)})
        return HttpResponseRedirect(f"{reverse('admin:partners_apikey_issue')}?{chosen}")


@admin.register(ApiKey)
class ApiKeyAdmin(KeyColumns, ReadOnlyAdminMixin, RowHistoryMixin, ModelAdmin):
    list_display = ("prefix", "label", "partner", "mode", "state", "last_used", "created_at",
                    "expires_at")  # fmt: skip
    list_filter = (
        KeyStateFilter,
        ("is_test", BooleanRadioFilter),
        ("partner", AutocompleteSelectFilter),
    )
    list_filter_submit = True
    list_select_related = ("partner",)
    search_fields = ("prefix", "label", "partner__name", "partner__code")
    search_help_text = "The beginning of the key, its label, or the partner"
    fields = (
        "partner",
        "label",
        "prefix",
        "mode",
        "state",
        "may",
        "last_used",
        "created_at",
        "expires_at",
        "revoked_at",
        "replaced_by",
        "rate_limit_per_second",
    )
    actions_list = ("issue",)
    actions_detail = ("rotate", "limit_rate", "revoke")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApiKey]:
        return with_last_use(super().get_queryset(request).defer("digest"))

    def has_issue_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return request.user.has_perm("partners.add_apikey")

    def has_revoke_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return request.user.has_perm("partners.change_apikey")

    def has_limit_rate_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return request.user.has_perm("partners.change_apikey")

    def has_rotate_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return self.has_issue_permission(request) and self.has_revoke_permission(request)

    @action(
        description="Issue a key",
        icon="key",
        url_path="issue",
        permissions=["issue"],
        variant=ActionVariant.PRIMARY,
    )
    def issue(self, request: HttpRequest) -> HttpResponse:
        form = IssueKeyForm(
            request.POST if request.method == "POST" else None,
            initial={"partner": request.GET.get("partner")},
        )
        if form.is_valid():
            asked = form.cleaned_data

            def issue() -> partners.IssuedKey:
                submission = submit_once(request)
                issued = run_now(
                    partners.issue_key(
                        partners.PartnerId(asked["partner"].pk),
                        label=asked["label"],
                        is_test=asked["mode"] == "test",
                        scopes=asked["scopes"],
                        expires_at=asked["expires_at"],
                        now=timezone.now(),
                        store=stores.keys(),
                    )
                )
                self.log_addition(request, ApiKey.objects.get(pk=issued.id), "Issued.")
                submission.record(issued.id)
                return issued

            try:
                issued = run_in_form(form, issue)
            except AlreadySubmitted as repeat:
                return _issued_before(request, repeat)
            if issued is not None:
                return show_secret(request, issued, old_key_note="")
        confirmation = ConfirmationPage(
            title="Issue an API key",
            button="Issue",
            back_url=reverse("admin:partners_apikey_changelist"),
        )
        return render_confirmation(request, confirmation, form, about=ApiKey)

    @action(description="Rotate", icon="autorenew", permissions=["rotate"])
    def rotate(self, request: HttpRequest, object_id: str) -> HttpResponse:
        key = self.get_object(request, unquote(object_id))
        if key is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        form = RotateKeyForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            overlap = timedelta(hours=form.cleaned_data["overlap"])

            def rotate() -> partners.IssuedKey:
                submission = submit_once(request)
                issued = run_now(
                    partners.rotate_key(
                        partners.ApiKeyId(key.pk),
                        overlap=overlap,
                        now=timezone.now(),
                        store=stores.keys(),
                    )
                )
                successor = ApiKey.objects.get(pk=issued.id)
                self.log_addition(request, successor, f"Issued to replace {key.prefix}….")
                self.log_change(request, key, f"Rotated: replaced by {successor.prefix}….")
                submission.record(issued.id)
                return issued

            try:
                issued = run_in_form(form, rotate)
            except AlreadySubmitted as repeat:
                return _issued_before(request, repeat)
            if issued is not None:
                key.refresh_from_db(fields=["expires_at"])
                note = f"The old key {key.prefix}… works until {format_instant(key.expires_at)}."
                return show_secret(request, issued, old_key_note=note)
        confirmation = ConfirmationPage(
            title=f"Rotate {key}",
            button="Rotate",
            explanation=f"{key.partner} gets a new key with the same mode and scopes.",
            back_url=reverse("admin:partners_apikey_change", args=[key.pk]),
        )
        return render_confirmation(request, confirmation, form, about=ApiKey)

    @action(
        description="Limit its rate",
        icon="speed",
        url_path="limit-rate",
        permissions=["limit_rate"],
    )
    def limit_rate(self, request: HttpRequest, object_id: str) -> HttpResponse:
        key = self.get_object(request, unquote(object_id))
        if key is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        key_page = reverse("admin:partners_apikey_change", args=[key.pk])
        form = LimitRateForm(
            request.POST if request.method == "POST" else None,
            stored={"rate_limit_per_second": key.rate_limit_per_second},
        )
        if form.is_valid():
            per_second = form.cleaned_data["rate_limit_per_second"]

            def limit_rate() -> partners.ApiKey:
                locked = ApiKey.objects.select_for_update(no_key=True).order_by()
                for stored in locked.filter(pk=key.pk).values("rate_limit_per_second"):
                    form.hold_against(stored)
                limited = run_now(
                    partners.limit_rate(
                        partners.ApiKeyId(key.pk), per_second=per_second, store=stores.keys()
                    )
                )
                self.log_change(request, key, f"Rate limit: {per_second or 'as every key'}.")
                return limited

            if run_in_form(form, limit_rate) is not None:
                now = "holds" if per_second else "is that of every key"
                messages.success(request, f"The rate limit of {key.prefix}… {now} within a second.")
                return HttpResponseRedirect(key_page)
        confirmation = ConfirmationPage(
            title=f"Limit the rate of {key}", button="Limit", back_url=key_page
        )
        return render_confirmation(request, confirmation, form, about=ApiKey)

    @action(
        description="Revoke", icon="block", permissions=["revoke"], variant=ActionVariant.DANGER
    )
    def revoke(self, request: HttpRequest, object_id: str) -> HttpResponse:
        key = self.get_object(request, unquote(object_id))
        if key is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        key_page = reverse("admin:partners_apikey_change", args=[key.pk])
        form = RevokeKeyForm(request.POST if request.method == "POST" else None)
        if form.is_valid():

            def revoke() -> partners.ApiKey:
                revoked = run_now(
                    partners.revoke_key(
                        partners.ApiKeyId(key.pk),
                        now=timezone.now(),
                        store=stores.keys(),
                    )
                )
                self.log_change(request, key, "Revoked.")
                return revoked

            if run_in_form(form, revoke) is not None:
                messages.success(request, f"The key {key.prefix}… no longer works.")
                return HttpResponseRedirect(key_page)
        confirmation = ConfirmationPage(
            title=f"Revoke {key}",
            button="Revoke for good",
            explanation=f"Programs of {key.partner} that use this key are turned away within "
            "a second. This cannot be undone.",
            is_dangerous=True,
            back_url=key_page,
        )
        return render_confirmation(request, confirmation, form, about=ApiKey)


def _issued_before(request: HttpRequest, repeat: AlreadySubmitted) -> HttpResponse:
    """Redirect to the key that the same form created; its secret was shown and is not stored."""
    key = ApiKey.objects.get(pk=repeat.made)
    messages.warning(
        request,
        f"Nothing was issued now: this form was sent before, and made the key {key.prefix}…. A key "
        "is shown only once. If it was not copied, revoke it and issue another.",
    )
    return HttpResponseRedirect(reverse("admin:partners_apikey_change", args=[key.pk]))
