"""The base classes of every admin class and inline, instead of Unfold's or Django's."""

from unfold import admin as unfold

from core_site.admin_kit.autocompletes import KeyAutocompleteMixin
from core_site.admin_kit.bounded_sorts import BoundedSortMixin
from core_site.admin_kit.bulk_limits import BulkActionLimitMixin
from core_site.admin_kit.change_pages.context import PageContextMixin
from core_site.admin_kit.changelist import BoundedPaginator
from core_site.admin_kit.date_inputs import BROWSER_DATES
from core_site.admin_kit.defaults import FormDefaultsMixin, InlineDefaultsMixin
from core_site.admin_kit.hidden_fields import LookupProtectionMixin
from core_site.admin_kit.row_counts import RowCountMixin
from core_site.admin_kit.save_errors import SaveErrorsAsMessages
from core_site.admin_kit.stale_pages.deletions import StaleDeleteMixin
from core_site.admin_kit.stale_pages.gone import DeletedRowMixin
from core_site.admin_kit.stale_pages.saves import StaleSaveMixin
from core_site.admin_kit.submit_once import SubmitOnceMixin
from core_site.admin_kit.unchanged_rows import UnchangedRowMixin
from core_site.exports.views import ListExportMixin


class ModelAdmin(
    PageContextMixin,
    SaveErrorsAsMessages,
    SubmitOnceMixin,
    RowCountMixin,
    StaleSaveMixin,
    StaleDeleteMixin,
    DeletedRowMixin,
    LookupProtectionMixin,
    BulkActionLimitMixin,
    BoundedSortMixin,
    ListExportMixin,
    FormDefaultsMixin,
    KeyAutocompleteMixin,
    unfold.ModelAdmin,
):
    paginator = BoundedPaginator
    show_full_result_count = False
    list_before_template = "admin_kit/filter_chips.html"


class TabularInline(
    UnchangedRowMixin, InlineDefaultsMixin, KeyAutocompleteMixin, unfold.TabularInline
):
    formfield_overrides = BROWSER_DATES


class StackedInline(
    UnchangedRowMixin, InlineDefaultsMixin, KeyAutocompleteMixin, unfold.StackedInline
):
    formfield_overrides = BROWSER_DATES
