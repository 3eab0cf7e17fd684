"""The list of exemptions: sales over capacity or after the cut-off, with actor and reason."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import BooleanRadioFilter
from unfold.decorators import display

from core_site.admin_kit.changelist import ReadOnlyAdminMixin
from core_site.admin_kit.model_admin import ModelAdmin
from core_site.admin_kit.viewer_zone import drop_own_zone
from core_site.booking_desk.models import Exemption
from core_site.bookings.admin_columns import HIDDEN
from core_site.personal_data import may_see_personal_data


@admin.register(Exemption)
class ExemptionAdmin(ReadOnlyAdminMixin, ModelAdmin):
    list_filter = (("is_after_cutoff", BooleanRadioFilter),)
    list_filter_submit = True
    list_select_related = ("staff_user",)
    ordering = ("-id",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Exemption]:
        # By their keys: in a join of few exemptions, all departures would be read.
        rows: QuerySet[Exemption] = super().get_queryset(request)
        return rows.prefetch_related("booking", "departure__option__product")

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        known = ("created_at", "booking", "of_departure", "capacity", "is_after_cutoff")
        return (*known, "staff_user", self._reason(request))

    def get_fields(self, request: HttpRequest, obj: Exemption | None = None) -> tuple[str, ...]:
        return self.get_list_display(request)

    def _reason(self, request: HttpRequest) -> str:
        return "reason" if may_see_personal_data(request) else "reason_hidden"

    @display(description="departure")
    def of_departure(self, exemption: Exemption) -> str:
        return drop_own_zone(str(exemption.departure or "–"))

    @display(description="capacity")
    def capacity(self, exemption: Exemption) -> str:
        if exemption.capacity_before == exemption.capacity_after:
            return "unchanged"
        return f"{exemption.capacity_before:,} → {exemption.capacity_after:,}"

    @display(description="reason")
    def reason_hidden(self, exemption: Exemption) -> str:
        return HIDDEN
