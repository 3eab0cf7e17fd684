"""The read-only admin page of removals from the audit trail, with actor and reason of each."""

from django.contrib import admin

from core_site.admin_kit.changelist import ReadOnlyAdminMixin
from core_site.admin_kit.model_admin import ModelAdmin
from core_site.history.models import Removal


@admin.register(Removal)
class RemovalAdmin(ReadOnlyAdminMixin, ModelAdmin):
    list_display = ("id", "action", "reason", "role", "at")
    fields = ("action", "reason", "role", "actor", "rows", "at", "finished_at")
