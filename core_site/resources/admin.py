"""The admin pages of resources, and the page of a guide's own week."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from unfold.contrib.filters.admin import BooleanRadioFilter, RadioFilter
from unfold.decorators import display

from core_site import stores
from core_site.admin_kit.django_types import ModelForm
from core_site.admin_kit.model_admin import ModelAdmin
from core_site.admin_kit.protected_delete import ProtectedDeleteMixin
from core_site.admin_row_history import RowHistoryMixin
from core_site.catalog.models import Departure
from core_site.resources.conflicts import describe_overbooked
from core_site.resources.models import Resource
from core_site.resources.week import answer_my_week
from shared_domain import resources
from shared_domain.availability import DepartureId
from shared_domain.quantities import format_quantity
from shared_domain.resources import ResourceId, ResourceKind
from shared_domain.run_now import run_now


class ResourceKindFilter(RadioFilter):
    title = "kind"
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [(kind.value, kind.value.title()) for kind in ResourceKind]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Resource]:
        return queryset.filter(kind=self.value()) if self.value() else queryset


@admin.register(Resource)
class ResourceAdmin(ProtectedDeleteMixin, RowHistoryMixin, ModelAdmin):
    list_display = ("name", "kind", "places", "staff_user", "telephone", "is_active")
    list_filter = (ResourceKindFilter, ("is_active", BooleanRadioFilter))
    list_filter_submit = True
    list_select_related = ("staff_user",)
    search_fields = ("name", "telephone")
    search_help_text = "Name or telephone"
    autocomplete_fields = ("staff_user",)
    fields = (("kind", "name"), ("capacity", "is_active"), ("staff_user", "telephone"))
    advice = "To offer it no more, switch it off instead."

    @display(description="places", ordering="capacity")
    def places(self, resource: Resource) -> str:
        return "–" if resource.capacity is None else f"{resource.capacity:,}"

    def save_model(self, request: HttpRequest, obj: Model, form: ModelForm, change: bool) -> None:
        store, resource_id = stores.resources(), ResourceId(obj.pk)
        has_new_places = change and "capacity" in form.changed_data
        full_before = set[DepartureId]()
        # Reservations that count its places come before or after this.
        if change:
            run_now(store.lock_resources([resource_id]))
        if has_new_places:
            full_before = run_now(store.full_with_resource(resource_id))
        super().save_model(request, obj, form, change)
        if has_new_places:
            run_now(
                resources.record_new_capacity(resource_id, full_before=full_before, store=store)
            )
            on_it = Departure.objects.filter(assignments__resource=obj.pk)
            for sentence in describe_overbooked(on_it, now=timezone.now()):
                messages.warning(request, sentence)
        if change and "is_active" in form.changed_data and not form.instance.is_active:
            ahead = Departure.objects.filter(
                assignments__resource=obj.pk, ends_at__gt=timezone.now()
            ).count()
            if ahead:
                page = reverse("admin:catalog_departure_changelist")
                messages.warning(
                    request,
                    format_html(
                        "It stays on {} ahead. If it cannot go there, take it off in "
                        '<a href="{}?assignments__resource__id__exact={}">the list of them</a>.',
                        format_quantity(ahead, "departure"),
                        page,
                        obj.pk,
                    ),
                )

    def get_urls(self) -> list[URLPattern]:
        week = path(
            "my-week/",
            self.admin_site.admin_view(self.my_week_view),
            name="resources_resource_my_week",
        )
        return [week, *super().get_urls()]

    def my_week_view(self, request: HttpRequest) -> HttpResponse:
        return answer_my_week(request)
