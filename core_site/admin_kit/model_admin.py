"""The classes that every page of the admin derives from, instead of unfold's or Django's."""

from unfold import admin as unfold

from core_site.admin_kit.hidden_fields import HidesFieldsFromLookups
from core_site.listing import BoundedPaginator


class ModelAdmin(HidesFieldsFromLookups, unfold.ModelAdmin):
    paginator = BoundedPaginator
    show_full_result_count = False


class TabularInline(unfold.TabularInline):
    pass


class StackedInline(unfold.StackedInline):
    pass
