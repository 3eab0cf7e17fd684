"""The classes that every page of the admin derives from, instead of unfold's or Django's."""

from unfold import admin as unfold

from core_site.admin_kit.autocompletes import LooksUpKeysOnly
from core_site.admin_kit.bulk_limits import LimitsBulkActions
from core_site.admin_kit.changelist import BoundedPaginator
from core_site.admin_kit.defaults import ShowsDefaults, ShowsDefaultsInRows
from core_site.admin_kit.hidden_fields import HidesFieldsFromLookups
from core_site.admin_kit.save_errors import SavesOrExplains
from core_site.admin_kit.stale_pages.deletions import RefusesStaleDeletions
from core_site.admin_kit.stale_pages.gone import ShowsWhatWasTyped
from core_site.admin_kit.stale_pages.saves import RefusesStaleSaves
from core_site.admin_kit.submitting_once import AddsOnce


class ModelAdmin(
    SavesOrExplains,
    AddsOnce,
    RefusesStaleSaves,
    RefusesStaleDeletions,
    ShowsWhatWasTyped,
    HidesFieldsFromLookups,
    LimitsBulkActions,
    ShowsDefaults,
    LooksUpKeysOnly,
    unfold.ModelAdmin,
):
    paginator = BoundedPaginator
    show_full_result_count = False


class TabularInline(ShowsDefaultsInRows, LooksUpKeysOnly, unfold.TabularInline):
    pass


class StackedInline(ShowsDefaultsInRows, LooksUpKeysOnly, unfold.StackedInline):
    pass
