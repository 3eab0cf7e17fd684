"""The read-only admin pages of partners' users, which partners change by the API."""

from uuid import UUID

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import AutocompleteSelectFilter, BooleanRadioFilter
from unfold.decorators import display

from core_site.admin_kit.changelist import ReadOnlyAdminMixin
from core_site.admin_kit.model_admin import ModelAdmin
from core_site.bookings.admin_columns import HIDDEN
from core_site.personal_data import may_see_personal_data
from core_site.users.models import User
from core_site.users.panels import PANELS
from shared_domain.contact_data import email_key, strip_blanks

#: Fewer letters than this would match most of the table.
SHORTEST_PREFIX = 2


@admin.register(User)
class UserAdmin(ReadOnlyAdminMixin, ModelAdmin):
    list_filter = (("test_mode", BooleanRadioFilter), ("partner", AutocompleteSelectFilter))
    list_filter_submit = True
    panels = PANELS
    list_select_related = ("partner",)
    list_per_page = 50
    ordering = ("-created_at", "-id")
    indexed_sorts = {"created_at": ("created_at", "id")}
    # Django asks for a name here to show the box; get_search_results does the work.
    search_fields = ("id__exact",)
    search_help_text = "A user's whole id, or the beginning of its e-mail address"

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        since = ("test_mode", "created_at", "updated_at")
        if may_see_personal_data(request):
            return (*self._personal(request), "partner", *since, "id")
        return ("id", *self._personal(request), "partner", *since)

    def get_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        return self.get_list_display(request)

    def page_name(self, request: HttpRequest, row: User) -> str:
        return row.email if may_see_personal_data(request) else f"User of {row.partner}"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[User], search_term: str
    ) -> tuple[QuerySet[User], bool]:
        wanted = strip_blanks(search_term.replace("\x00", ""))
        if not wanted:
            return queryset, False
        try:
            return queryset.filter(id=UUID(wanted)), False
        except ValueError:
            pass
        if len(wanted) < SHORTEST_PREFIX or not may_see_personal_data(request):
            return queryset.none(), False
        return queryset.filter(email_key__startswith=email_key(wanted)), False

    @display(description="e-mail")
    def email_hidden(self, user: User) -> str:
        return HIDDEN

    @display(description="age")
    def age_hidden(self, user: User) -> str:
        return HIDDEN

    def _personal(self, request: HttpRequest) -> tuple[str, str]:
        if may_see_personal_data(request):
            return ("email", "age")
        return ("email_hidden", "age_hidden")
