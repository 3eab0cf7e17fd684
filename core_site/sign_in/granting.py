"""Staff grant no permission that they do not have: not to others, and not to themselves.

A staff user who may change staff could otherwise make the own account a superuser, put it into any
group, or set the password of a colleague who may do more. A superuser may grant everything.
"""

from typing import Any

from django import forms
from django.contrib.auth.models import Group, Permission, User
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest

from core_site.admin_kit.django_types import ModelAdminMixin, ModelForm


def beyond_own(request: HttpRequest) -> QuerySet[Permission]:
    """Return the permissions that a request's staff user lacks; none for a superuser."""
    if request.user.is_superuser:
        return Permission.objects.none()
    return Permission.objects.exclude(pk__in=_granted_to(request.user.pk).values("pk"))


def _granted_to(user_id: int | None) -> QuerySet[Permission]:
    # Of an account that is switched off, too: it may be switched on again.
    return Permission.objects.filter(Q(user=user_id) | Q(group__user=user_id))


class GrantsOwnPermissionsOnly(ModelAdminMixin):
    """Mixin of the page of staff users: each changes and deletes only who may do no more."""

    def get_form(
        self, request: HttpRequest, obj: Model | None = None, change: bool = False, **kwargs: Any
    ) -> type[ModelForm]:
        form = super().get_form(request, obj, change=change, **kwargs)
        chooser = form.base_fields.get("groups")
        if isinstance(chooser, forms.ModelMultipleChoiceField) and isinstance(obj, User):
            # What the account has already stays, so that saving the page takes nothing away.
            chooser.queryset = Group.objects.filter(
                ~Q(permissions__in=beyond_own(request)) | Q(pk__in=obj.groups.values("pk"))
            )
        return form

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = super().get_readonly_fields(request, obj)
        return fields if request.user.is_superuser else (*fields, "is_superuser")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and _may_manage(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and _may_manage(request, obj)


def _may_manage(request: HttpRequest, staff: User | None) -> bool:
    if staff is None or request.user.is_superuser:
        return True
    if staff.is_superuser:
        return False
    return not _granted_to(staff.pk).filter(pk__in=beyond_own(request).values("pk")).exists()
