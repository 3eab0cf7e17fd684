"""The admin pages of the supplier, of products, and of partners' terms for them."""

from typing import Any, Protocol

from django.contrib import admin, messages
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from unfold.contrib.filters.admin import AutocompleteSelectFilter, BooleanRadioFilter
from unfold.decorators import display

from core_site import stores
from core_site.admin_kit.django_types import InlineFormSet, ModelForm
from core_site.admin_kit.model_admin import ModelAdmin, TabularInline
from core_site.admin_kit.money_fields import MoneyColumnsMixin
from core_site.admin_kit.money_format import per_cent
from core_site.admin_kit.protected_delete import ProtectedDeleteMixin
from core_site.admin_row_history import RowHistoryMixin
from core_site.catalog.admin_effects import EffectPreviewMixin
from core_site.catalog.admin_forms import OptionForm, OptionFormSet, ProductForm, TermsForm
from core_site.catalog.direct_terms import sell_directly
from core_site.catalog.models import Option, PartnerTerms, Product, Supplier
from core_site.catalog.product_page.panels import PANELS
from core_site.transactions import set_lock_timeout
from core_site.weather.admin_inline import LocationInline
from shared_domain import availability, catalog
from shared_domain.catalog import ProductId
from shared_domain.quantities import format_quantity
from shared_domain.run_now import run_now


@admin.register(Supplier)
class SupplierAdmin(ModelAdmin):
    """The admin of the supplier, a single row: its list redirects to the row's page."""

    fields = ("name", "code", "website", ("email", "telephone"), "address")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and not Supplier.objects.exists()

    def has_delete_permission(self, request: HttpRequest, obj: Supplier | None = None) -> bool:
        return False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        only = Supplier.objects.first()
        if only is not None and self.has_view_permission(request, only):
            page = reverse("admin:catalog_supplier_change", args=[only.pk])
            return HttpResponseRedirect(page)
        return super().changelist_view(request, extra_context)


class OptionInline(TabularInline):
    model = Option
    form = OptionForm
    formset = OptionFormSet
    per_page = 20
    fields = ("code", "internal_name", "position", "min_units", "max_units")
    extra = 0
    tab = True
    show_change_link = True
    # Deleting an option asks on its own page, where what stands in the way is summed up.
    can_delete = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Option]:
        return super().get_queryset(request).select_related("product")


class TermsColumns(MoneyColumnsMixin):
    """Mixin: columns of a partner's commission."""

    amounts = {"commission_basis_points": "commission"}

    @display(description="commission", ordering="commission_basis_points")
    def commission(self, terms: PartnerTerms) -> str:
        return f"{per_cent(terms.commission_basis_points)} %"


class TermsInline(TermsColumns, TabularInline):
    model = PartnerTerms
    form = TermsForm
    per_page = 20
    fields = ("partner", "commission_basis_points")
    autocomplete_fields = ("partner",)
    extra = 0
    tab = True
    verbose_name = "partner"
    verbose_name_plural = "sold by"

    def get_queryset(self, request: HttpRequest) -> QuerySet[PartnerTerms]:
        terms = super().get_queryset(request).select_related("partner", "product")
        return terms.order_by("partner__name", "pk")


class _ProductWithOptions(Protocol):
    options_count: int


@admin.register(Product)
class ProductAdmin(
    EffectPreviewMixin, MoneyColumnsMixin, ProtectedDeleteMixin, RowHistoryMixin, ModelAdmin
):
    form = ProductForm
    list_display = (
        "internal_name",
        "code",
        "is_active",
        "kind",
        "options_count",
        "default_currency",
        "time_zone",
    )
    list_filter = (("is_active", BooleanRadioFilter),)
    list_filter_submit = True
    search_fields = ("internal_name", "code", "reference", "place")
    search_help_text = "Name, code or place"
    inlines = (OptionInline, TermsInline, LocationInline)
    panels = PANELS
    amounts = {"tax_basis_points": "tax"}
    advice = "To stop selling it, switch it off instead: its bookings then stay as they are."
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("internal_name", "code"),
                    ("reference", "is_active"),
                    "place",
                    ("locale", "time_zone"),
                )
            },
        ),
        (
            "Selling",
            {
                "classes": ("tab",),
                "fields": (
                    ("availability_type", "availability_required"),
                    ("instant_confirmation", "allow_freesale"),
                ),
            },
        ),
        (
            "Money",
            {
                "classes": ("tab",),
                "fields": (
                    "pricing_per",
                    ("default_currency", "available_currencies"),
                    ("tax_name", "tax_basis_points"),
                ),
            },
        ),
        (
            "Tickets",
            {
                "classes": ("tab",),
                "fields": (
                    ("delivery_methods", "delivery_formats"),
                    ("redemption_method", "instant_delivery"),
                ),
            },
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Product]:
        rows: QuerySet[Product] = super().get_queryset(request)
        return rows.annotate(options_count=Count("options"))

    @display(description="tax")
    def tax(self, product: Product) -> str:
        return f"{per_cent(product.tax_basis_points)} %"

    @display(description="sold by", ordering="availability_type", label=True)
    def kind(self, product: Product) -> str:
        is_timed = product.availability_type == catalog.AvailabilityType.START_TIME
        return "Start times" if is_timed else "Opening hours"

    @display(description="options", ordering="options_count")
    def options_count(self, product: _ProductWithOptions) -> int:
        return product.options_count

    def save_related(
        self, request: HttpRequest, form: ModelForm, formsets: list[InlineFormSet], change: bool
    ) -> None:
        super().save_related(request, form, formsets, change)
        if not change:
            sell_directly(form.instance)
        # Departures carry the clock and the kind of their product.
        if change and {"time_zone", "availability_type"} & set(form.changed_data):
            options = Option.objects.filter(product=form.instance).select_related("product")
            self.follow(request, list(options.order_by("position", "id")))
        if change and "place" in form.changed_data:
            self._follow_place(request, form.instance)

    def _follow_place(self, request: HttpRequest, product: Product) -> None:
        """Let the blackouts of the product's new place hold for it, instead of its former one's."""
        set_lock_timeout()
        store, product_id = stores.blackouts(), ProductId(product.pk)
        followed = run_now(availability.follow_place(product_id, now=timezone.now(), store=store))
        for count, words in (
            (followed.closed, f"closed by a blackout of {product.place}"),
            (followed.opened, "open again, which a blackout of the former place had closed"),
        ):
            if count:
                said = f"{format_quantity(count, 'departure')} {words}."
                messages.info(request, said)
                self.log_change(request, product, f"{said[:1].upper()}{said[1:]}")


@admin.register(PartnerTerms)
class PartnerTermsAdmin(TermsColumns, RowHistoryMixin, ModelAdmin):
    list_display = ("partner", "product", "commission")
    list_filter = (
        ("partner", AutocompleteSelectFilter),
        ("product", AutocompleteSelectFilter),
    )
    list_filter_submit = True
    list_select_related = ("partner", "product")
    search_fields = ("partner__name", "partner__code", "product__internal_name", "product__code")
    search_help_text = "The partner or the product"
    autocomplete_fields = ("partner", "product")
    ordering = ("partner__name", "product__internal_name")
    fields = ("partner", "product", "commission_basis_points")
    form = TermsForm
