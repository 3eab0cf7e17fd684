"""Admin pages of other packages' models in Unfold's theme: users, groups and jobs."""

from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin as StockGroupAdmin
from django.contrib.auth.admin import UserAdmin as StockUserAdmin
from django.contrib.auth.models import Group, User
from django.db.models import QuerySet
from django.http import HttpRequest
from procrastinate.contrib.django.admin import ProcrastinateJobAdmin as StockJobAdmin
from procrastinate.contrib.django.models import ProcrastinateEvent, ProcrastinateJob
from unfold.decorators import action, display
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminTextInputWidget

from core_site.admin_kit.changelist import ReadOnlyAdminMixin
from core_site.admin_kit.django_types import ModelForm, ModelFormMixin
from core_site.admin_kit.model_admin import ModelAdmin, StackedInline
from core_site.checked_texts import CheckedText
from core_site.sign_in.granting import GrantsOwnPermissionsOnly
from core_site.sign_in.offered_permissions import OfferedPermissionsMixin
from core_site.sign_in.panels import PANELS
from shared_domain import contact_data

admin.site.unregister(User)
admin.site.unregister(Group)
admin.site.unregister(ProcrastinateJob)


class _NormalisesTexts(ModelFormMixin):
    """Form mixin: checks and normalises names and e-mail addresses, as those of guests are."""

    _RULES = {
        "email": contact_data.normalise_email,
        "first_name": contact_data.normalise_line,
        "last_name": contact_data.normalise_line,
        "name": contact_data.normalise_line,
    }

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        for name, rule in self._RULES.items():
            if name in self.fields:
                stock = self.fields[name]
                self.fields[name] = CheckedText(
                    rule,
                    required=stock.required,
                    label=stock.label,
                    help_text=stock.help_text,
                    max_length=cast(forms.CharField, stock).max_length,
                    widget=UnfoldAdminTextInputWidget() if name == "email" else stock.widget,
                )


class StaffForm(_NormalisesTexts, UserChangeForm):
    pass


class NewStaffForm(_NormalisesTexts, UserCreationForm):
    pass


class GroupForm(_NormalisesTexts, ModelForm):
    pass


if TYPE_CHECKING:
    _StockUserAdmin = StockUserAdmin[User]
else:
    _StockUserAdmin = StockUserAdmin


@admin.register(User)
class StaffUserAdmin(
    GrantsOwnPermissionsOnly, OfferedPermissionsMixin, _StockUserAdmin, ModelAdmin
):
    form = StaffForm
    permissions_field = "user_permissions"
    panels = PANELS
    add_form = NewStaffForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("username", "full_name", "email", "in_groups", "is_active", "last_login")
    search_help_text = "User name, name or e-mail address"
    # What happened is read here and not made up; a typed time would not say its zone.
    readonly_fields = ("last_login", "date_joined")

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).prefetch_related("groups")

    @display(description="name", ordering="last_name")
    def full_name(self, user: User) -> str:
        return user.get_full_name() or "–"

    @display(description="groups")
    def in_groups(self, user: User) -> str:
        if user.is_superuser:
            return "Everything"
        return ", ".join(sorted(group.name for group in user.groups.all())) or "–"


@admin.register(Group)
class GroupAdmin(OfferedPermissionsMixin, StockGroupAdmin, ModelAdmin):
    permissions_field = "permissions"
    search_help_text = "A part of the name"
    form = GroupForm


class JobEventInline(ReadOnlyAdminMixin, StackedInline):
    model = ProcrastinateEvent
    extra = 0


@admin.register(ProcrastinateJob)
class JobAdmin(StockJobAdmin, ModelAdmin):
    """The worker's jobs: to see them needs the permission to view, actions the one to change."""

    inlines = [JobEventInline]
    list_filter = ["status", "queue_name", "task_name", "scheduled_at"]
    actions = ["retry", "cancel", "abort"]

    def has_work_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("procrastinate.change_procrastinatejob")

    @action(description="Retry failed jobs", permissions=["work"])
    def retry(self, request: HttpRequest, chosen: QuerySet[ProcrastinateJob]) -> None:
        super().retry(request, chosen)
        self._tell(request, chosen, "asked to run again, where it had failed")

    @action(description="Cancel waiting jobs", permissions=["work"])
    def cancel(self, request: HttpRequest, chosen: QuerySet[ProcrastinateJob]) -> None:
        super().cancel(request, chosen)
        self._tell(request, chosen, "cancelled, where it was waiting")

    @action(description="Abort waiting and running jobs", permissions=["work"])
    def abort(self, request: HttpRequest, chosen: QuerySet[ProcrastinateJob]) -> None:
        super().abort(request, chosen)
        self._tell(request, chosen, "told to stop, where it was waiting or running")

    def _tell(self, request: HttpRequest, chosen: QuerySet[Any], what: str) -> None:
        messages.success(request, f"Each of {chosen.count()} jobs was {what}.")
