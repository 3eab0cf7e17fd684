"""The admin page of exports, read-only."""

from django.contrib import admin
from unfold.contrib.filters.admin import ChoicesRadioFilter
from unfold.decorators import display

from core_site.admin_kit.changelist import ReadOnlyAdminMixin
from core_site.admin_kit.model_admin import ModelAdmin
from core_site.exports.models import Export


@admin.register(Export)
class ExportAdmin(ReadOnlyAdminMixin, ModelAdmin):
    list_display = ("at", "by", "list", "kind", "chosen", "rows", "with_personal_data")
    list_filter = (("kind", ChoicesRadioFilter), "with_personal_data")
    list_filter_submit = True
    list_per_page = 50
    search_fields = ("by__startswith",)
    search_help_text = "The beginning of a staff user's name"

    @display(description="filters")
    def chosen(self, export: Export) -> str:
        said = [
            f"{name}: {', '.join(values) if isinstance(values, list) else values}"
            for name, values in export.filters.items()
        ]
        return "; ".join([*said, *(["a search"] if export.is_searched else [])]) or "none"
