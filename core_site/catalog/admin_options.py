"""The admin pages of options with their units, prices and schedules.

Saving a schedule regenerates the departures in the same transaction.
"""

from collections.abc import Iterable
from datetime import date
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.admin import FieldListFilter
from django.contrib.admin.utils import unquote
from django.db import transaction
from django.db.models import Field, Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import AutocompleteSelectFilter, BooleanRadioFilter
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminSelectWidget

from core_site.admin_kit.django_types import InlineFormSet, ModelAdminMixin, ModelForm
from core_site.admin_kit.model_admin import ModelAdmin, StackedInline, TabularInline
from core_site.admin_kit.money_fields import MoneyColumnsMixin
from core_site.admin_kit.money_format import money_cell
from core_site.admin_kit.protected_delete import ProtectedDeleteMixin
from core_site.admin_kit.viewer_zone import with_zone
from core_site.admin_row_history import RowHistoryMixin
from core_site.catalog.admin_effects import EffectPreviewMixin, keep_blackouts
from core_site.catalog.admin_forms import (
    OptionForm,
    PriceForm,
    PriceFormSet,
    ScheduleForm,
    UnitForm,
    UnitFormSet,
)
from core_site.catalog.choice_titles import format_ages
from core_site.catalog.models import Option, Price, Schedule, Unit
from core_site.catalog.validation import WEEKDAYS, format_periods
from shared_domain import catalog

SCHEDULE_FIELDS = (
    ("is_active", "weekdays"),
    ("start_times", "duration_minutes"),
    "opening_hours",
    ("season_start", "season_end"),
    ("capacity", "max_units", "booking_cutoff_minutes"),
)

UNIT_FIELDS = (
    ("code", "internal_name", "type"),
    ("reference", "position", "pax_count"),
    ("min_age", "max_age", "id_required"),
    ("min_quantity", "max_quantity", "accompanied_by"),
    "required_contact_fields",
)


class UnitInline(StackedInline):
    model = Unit
    form = UnitForm
    formset = UnitFormSet
    per_page = 4
    fields = UNIT_FIELDS
    extra = 0
    tab = True
    collapsible = True
    show_change_link = True
    # Deleting a unit asks on its own page, where what stands in the way is summed up.
    can_delete = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Unit]:
        return super().get_queryset(request).select_related("option__product")


class PriceColumns(MoneyColumnsMixin):
    """Mixin of an admin class with columns of prices, formatted with their currency."""

    amounts = {"original_minor": "original", "retail_minor": "retail"}

    @display(description="list price", ordering="original_minor")
    def original(self, price: Price) -> SafeString:
        return money_cell(price.original_minor, price.currency)

    @display(description="retail price", ordering="retail_minor")
    def retail(self, price: Price) -> SafeString:
        return money_cell(price.retail_minor, price.currency)


class PriceInline(PriceColumns, TabularInline):
    model = Price
    form = PriceForm
    formset = PriceFormSet
    hide_title = True
    per_page = 10
    fields = ("unit", "currency", "original_minor", "retail_minor", "season_start", "season_end")
    extra = 0
    tab = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Price]:
        return (
            super().get_queryset(request).select_related("option__product", "unit__option__product")
        )

    def formfield_for_dbfield(
        self, db_field: "Field[Any, Any]", request: HttpRequest, **kwargs: Any
    ) -> forms.Field | None:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "unit" and isinstance(field, forms.ModelChoiceField):
            units = Unit.objects.filter(option=_id_in_address(request))
            # Asked once, not once for each row.
            names = units.order_by("position", "id").values_list("pk", "internal_name")
            field.queryset = units
            field.widget = UnfoldAdminSelectWidget()
            field.choices = [("", "The whole booking"), *names]
        return field


def _id_in_address(request: HttpRequest) -> int | None:
    address = request.resolver_match
    object_id = unquote(address.kwargs.get("object_id", "")) if address else ""
    return int(object_id) if object_id.isdecimal() else None


class ScheduleInline(StackedInline):
    model = Schedule
    form = ScheduleForm
    per_page = 4
    fields = SCHEDULE_FIELDS
    extra = 0
    tab = True
    collapsible = True
    show_change_link = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Schedule]:
        return super().get_queryset(request).select_related("option__product")


@admin.register(Option)
class OptionAdmin(EffectPreviewMixin, ProtectedDeleteMixin, RowHistoryMixin, ModelAdmin):
    form = OptionForm
    list_display = ("internal_name", "product", "code", "is_default", "cutoff", "tickets")
    list_filter = (("product", AutocompleteSelectFilter),)
    list_filter_submit = True
    search_fields = ("internal_name", "code", "product__internal_name", "product__code")
    search_help_text = "Name, code or the product"
    autocomplete_fields = ("product",)
    ordering = ("product__code", "position", "id")
    inlines = (UnitInline, PriceInline, ScheduleInline)
    actions_detail = ("generate",)
    advice = "To stop selling it, switch its schedules or its product off instead."
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("product", "code"),
                    ("internal_name", "reference"),
                    ("position", "is_default"),
                    ("min_units", "max_units"),
                )
            },
        ),
        (
            "Cancelling",
            {
                "classes": ("tab",),
                "fields": (
                    "cancellation_policy",
                    ("cancellation_cutoff_amount", "cancellation_cutoff_unit"),
                    ("allows_late_cancellation", "late_refund_percent"),
                ),
            },
        ),
        ("Contact", {"classes": ("tab",), "fields": ("required_contact_fields",)}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Option]:
        return super().get_queryset(request).select_related("product")

    def get_readonly_fields(
        self, request: HttpRequest, obj: Option | None = None
    ) -> tuple[str, ...]:
        # Bookings name the product as well as the option, so an option stays where it is.
        return ("product",) if obj else ()

    @display(description="cancel until", ordering="cancellation_cutoff_amount")
    def cutoff(self, option: Option) -> str:
        shown = catalog.describe_cutoff(
            catalog.CancellationPolicy(option.cancellation_policy),
            option.cancellation_cutoff_amount,
            catalog.DurationUnit(option.cancellation_cutoff_unit),
        )
        is_counted = option.cancellation_policy == catalog.CancellationPolicy.UNTIL_CUTOFF
        return f"{shown.words} before" if is_counted else shown.words

    @display(description="tickets")
    def tickets(self, option: Option) -> str:
        return f"{option.min_units} to {option.max_units or 'any'}"

    def save_related(
        self, request: HttpRequest, form: ModelForm, formsets: list[InlineFormSet], change: bool
    ) -> None:
        super().save_related(request, form, formsets, change)
        if any(formset.model is Schedule and formset.has_changed() for formset in formsets):
            self.follow(request, [form.instance])

    def has_generate_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return request.user.has_perm("catalog.change_schedule")

    @action(description="Generate departures now", icon="event_repeat", permissions=["generate"])
    def generate(self, request: HttpRequest, object_id: str) -> HttpResponse:
        option = self.get_object(request, unquote(object_id))
        if option is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        page = reverse("admin:catalog_option_change", args=[option.pk])
        return self.ask_to_generate(request, option, page=page)


class OfOption(ModelAdminMixin):
    """Mixin of the admin of units, prices and schedules: a row never changes its option."""

    list_filter: ClassVar[tuple[tuple[str, type[FieldListFilter]], ...]] = (
        ("option__product", AutocompleteSelectFilter),
    )
    list_filter_submit = True
    autocomplete_fields: ClassVar[tuple[str, ...]] = ("option",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        return rows.select_related("option__product")

    def get_readonly_fields(
        self, request: HttpRequest, obj: Model | None = None
    ) -> tuple[str, ...]:
        return ("option",) if obj else ()


@admin.register(Unit)
class UnitAdmin(ProtectedDeleteMixin, OfOption, RowHistoryMixin, ModelAdmin):
    form = UnitForm
    list_display = ("internal_name", "option", "code", "type", "ages", "pax_count")
    search_fields = ("internal_name", "code", "option__product__internal_name")
    search_help_text = "Name, code or the product"
    ordering = ("option__product__code", "option__position", "option_id", "position", "id")
    fields = ("option", *UNIT_FIELDS)
    advice = "To stop selling it, limit its quantity or change its prices instead."

    def get_deleted_objects(
        self, objs: Iterable[Model], request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """Keep a unit that another one must be booked with, as its form demands."""
        rows = list(objs)
        keeping = [
            f"{other.internal_name}, which must be booked together with it"
            for row in rows
            if isinstance(row, Unit)
            for other in Unit.objects.filter(
                option=row.option_id, accompanied_by__contains=[row.code]
            )
        ]
        if keeping:
            return [], {}, set(), keeping
        return super().get_deleted_objects(rows, request)

    @display(description="ages", ordering="min_age")
    def ages(self, unit: Unit) -> str:
        return format_ages(unit.min_age, unit.max_age)


@admin.register(Price)
class PriceAdmin(PriceColumns, OfOption, RowHistoryMixin, ModelAdmin):
    form = PriceForm
    list_display = ("sold", "option", "currency", "original", "retail", "season")
    search_fields = ("option__product__internal_name", "option__product__code", "currency")
    search_help_text = "The product or the currency"
    autocomplete_fields = ("option", "unit")
    ordering = ("option__product__code", "option_id", "unit_id", "currency", "season_start", "id")
    fields = (
        "option",
        ("unit", "currency"),
        ("original_minor", "retail_minor"),
        ("season_start", "season_end"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Price]:
        return super().get_queryset(request).select_related("unit__option__product")

    @display(description="what", ordering="unit__internal_name")
    def sold(self, price: Price) -> str:
        return price.unit.internal_name if price.unit else "The whole booking"

    @display(description="season", ordering="season_start")
    def season(self, price: Price) -> str:
        return describe_season(price.season_start, price.season_end)


@admin.register(Schedule)
class ScheduleAdmin(EffectPreviewMixin, OfOption, RowHistoryMixin, ModelAdmin):
    form = ScheduleForm
    list_display = ("option", "is_active", "days", "times", "season", "places")
    list_filter = (
        ("option__product", AutocompleteSelectFilter),
        ("is_active", BooleanRadioFilter),
    )
    search_fields = ("option__internal_name", "option__product__internal_name")
    search_help_text = "The option or the product"
    ordering = ("option__product__code", "option_id", "id")
    fields = ("option", *SCHEDULE_FIELDS)
    actions_detail = ("generate",)

    @display(description="days")
    def days(self, schedule: Schedule) -> str:
        names = dict(WEEKDAYS)
        if names.keys() <= set(schedule.weekdays):
            return "every day"
        return ", ".join(names.get(day, str(day))[:3] for day in sorted(schedule.weekdays))

    @display(description="times")
    def times(self, schedule: Schedule) -> str:
        starts = [f"{time:%H:%M}" for time in schedule.start_times]
        hours = format_periods(schedule.opening_hours)
        times = ", ".join(starts or hours)
        return with_zone(times, schedule.option.product.time_zone) if times else "–"

    @display(description="season", ordering="season_start")
    def season(self, schedule: Schedule) -> str:
        return describe_season(schedule.season_start, schedule.season_end)

    @display(description="places", ordering="capacity")
    def places(self, schedule: Schedule) -> str:
        return "no limit" if schedule.capacity is None else f"{schedule.capacity:,}"

    def save_related(
        self, request: HttpRequest, form: ModelForm, formsets: list[InlineFormSet], change: bool
    ) -> None:
        super().save_related(request, form, formsets, change)
        if form.has_changed():
            self.follow(request, [form.instance.option])

    def delete_model(self, request: HttpRequest, obj: Schedule) -> None:
        option = obj.option
        super().delete_model(request, obj)
        self.follow(request, [option])

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        def view() -> HttpResponse:
            # Django deletes what was chosen in a list without a transaction around it all.
            with transaction.atomic():
                keep_blackouts(request)
                return super(ScheduleAdmin, self).changelist_view(request, extra_context)

        return self.seen_first(request, view, button="Delete", back_url=request.get_full_path())

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Schedule]) -> None:
        options = list(
            Option.objects.filter(schedules__in=queryset).distinct().select_related("product")
        )
        super().delete_queryset(request, queryset)
        self.follow(request, options)

    def has_generate_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return request.user.has_perm("catalog.change_schedule")

    @action(description="Generate departures now", icon="event_repeat", permissions=["generate"])
    def generate(self, request: HttpRequest, object_id: str) -> HttpResponse:
        schedule = self.get_object(request, unquote(object_id))
        if schedule is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        page = reverse("admin:catalog_schedule_change", args=[schedule.pk])
        return self.ask_to_generate(request, schedule.option, page=page)


def describe_season(first: date | None, last: date | None) -> str:
    """Return a season as text, ``from 2026-06-01`` for one that is open at its end."""
    if first is None:
        return "all year" if last is None else f"until {last}"
    return f"from {first}" if last is None else f"{first} to {last}"
