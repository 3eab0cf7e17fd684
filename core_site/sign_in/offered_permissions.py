"""Permissions that a group or a staff user can be given: those that have an effect.

Django makes four permissions for every table, its own and those of history included. Nothing asks
for most of them; the chooser offers those for which a page of the admin or a button asks.
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any, cast

from django import forms
from django.apps import apps
from django.contrib import admin
from django.contrib.auth import get_permission_codename
from django.contrib.auth.models import Permission, User
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest

from core_site.admin_kit.django_types import ModelAdminMixin, ModelForm
from core_site.sign_in.granting import beyond_own

#: Of the four that Django makes for a table, those that only buttons ask for: their pages are
#: read-only.
ASKED_BY_BUTTONS = (
    "bookings.change_booking",
    "catalog.change_departure",
    "endpoints.change_endpoint",
    "notifications.change_subscription",
    "partners.add_apikey",
    "partners.change_apikey",
    "payments.add_entry",
    "procrastinate.change_procrastinatejob",
    "statements.add_partnerpayment",
    "webhooks.change_webhookendpoint",
)

VERBS = ("view", "add", "change", "delete")


class OfferedPermissionsMixin(ModelAdminMixin):
    """Mixin of a ``ModelAdmin``, with the name of the field that is its chooser of permissions.

    Of these, it offers what the staff user has (``granting``). What the row has already stays in
    the chooser, so that saving the page takes nothing away.
    """

    permissions_field: str

    def get_form(
        self, request: HttpRequest, obj: Model | None = None, change: bool = False, **kwargs: Any
    ) -> type[ModelForm]:
        form = super().get_form(request, obj, change=change, **kwargs)
        if self.permissions_field in form.base_fields:
            chooser = cast(
                "forms.ModelMultipleChoiceField[Permission]",
                form.base_fields[self.permissions_field],
            )
            shown = _is_offered() & ~Q(pk__in=beyond_own(request).values("pk"))
            if obj is not None:
                shown |= Q(pk__in=getattr(obj, self.permissions_field).values("pk"))
            chooser.queryset = Permission.objects.filter(shown).select_related("content_type")
            chooser.label_from_instance = _label  # type: ignore[method-assign, assignment]  # made for this form
        return form


def offered_permissions() -> QuerySet[Permission]:
    """Return the permissions that something in the admin asks for."""
    return Permission.objects.filter(_is_offered())


def _label(permission: Permission) -> str:
    """Return a permission as staff read it: ``Catalogue: change options``."""
    kind = permission.content_type
    name = permission.name.removeprefix("Can ")
    model = kind.model_class()
    if model is not None:
        for verb in VERBS:
            if permission.codename == get_permission_codename(verb, model._meta):
                name = f"{verb} {model._meta.verbose_name_plural}"
    return f"{kind.app_labeled_name.partition(' | ')[0]}: {name}"


def _is_offered() -> Q:
    codenames = defaultdict(set)
    for name in (*ASKED_BY_BUTTONS, *_of_models(), *_of_pages()):
        app_label, codename = name.split(".")
        codenames[app_label].add(codename)
    offered = Q()
    for app_label, of_app in codenames.items():
        offered |= Q(content_type__app_label=app_label, codename__in=of_app)
    return offered


def _of_models() -> Iterator[str]:
    """Yield the permissions that models declare beside Django's four."""
    for model in apps.get_models():
        for codename, _ in model._meta.permissions:
            yield f"{model._meta.app_label}.{codename}"


def _of_pages() -> Iterator[str]:
    """Yield what the admin's pages and their inline rows let a superuser do."""
    request = HttpRequest()
    request.user = User(is_active=True, is_superuser=True)
    for model, page in admin.site._registry.items():
        for edited in (page, *page.get_inline_instances(request)):
            opts = edited.opts
            for verb in VERBS:
                may = getattr(edited, f"has_{verb}_permission")
                # An inline is asked about a row of its parent.
                if may(request) if verb != "add" or edited is page else may(request, model()):
                    yield f"{opts.app_label}.{get_permission_codename(verb, opts)}"
