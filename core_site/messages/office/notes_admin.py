"""The admin of what the supplier adds to its messages, and the preview of letters."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesRadioFilter
from unfold.decorators import action, display

from core_site.admin_kit.model_admin import ModelAdmin
from core_site.admin_row_history import RowHistoryMixin
from core_site.messages.models import ArrivalInfo, HouseNote
from core_site.messages.office.preview import PreviewForm, load_previews, may_choose_booking
from core_site.messages.office.typed_note import TypedNoteMixin
from shared_domain.messages import MessageKind


@admin.register(HouseNote)
class HouseNoteAdmin(TypedNoteMixin, RowHistoryMixin, ModelAdmin):
    list_display = ("message", "language", "of_product", "above", "below")
    list_display_links = ("message",)
    list_filter = (
        ("kind", ChoicesRadioFilter),
        ("language", ChoicesRadioFilter),
        ("product", AutocompleteSelectFilter),
    )
    list_filter_submit = True
    list_select_related = ("product",)
    list_per_page = 50
    search_fields = ("above", "below", "product__internal_name")
    search_help_text = "What it says, or the product"
    autocomplete_fields = ("product",)
    fields = (("kind", "language"), "product", "above", "below")
    actions_list = ("preview",)
    change_form_outer_after_template = "guest_messages/of_note.html"

    class Media:
        css = {"all": ["guest_messages/messages.css"]}

    @display(description="message", ordering="kind")
    def message(self, note: HouseNote) -> str:
        return note.get_kind_display() if note.kind else "All messages"

    @display(description="product", ordering="product")
    def of_product(self, note: HouseNote) -> str:
        return str(note.product) if note.product else "All products"

    def has_preview_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return request.user.has_perm("guest_messages.view_housenote")

    @action(description="Preview letters", icon="preview", permissions=["preview"])
    def preview(self, request: HttpRequest) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:guest_messages_letters"))

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.letters_view)
        return [path("letters/", view, name="guest_messages_letters"), *super().get_urls()]

    def extend_page(self, request: HttpRequest, row: Any, context: dict[str, Any]) -> None:
        super().extend_page(request, row, context)
        kind = MessageKind(row.kind or MessageKind.CONFIRMATION.value)
        context["previews"] = load_previews(kind, product=row.product, note=row)

    def letters_view(self, request: HttpRequest) -> HttpResponse:
        """Show a letter in all languages."""
        if not self.has_preview_permission(request):
            raise PermissionDenied
        form = PreviewForm(request.GET, may_choose_booking=may_choose_booking(request))
        previews = []
        if form.is_valid():
            product = form.cleaned_data.get("product")
            previews = load_previews(form.chosen_kind, product=product, row=form.row)
        context = {
            **self.admin_site.each_context(request),
            "title": "Letters to guests",
            "form": form,
            "previews": previews,
            "media": self.media,
        }
        status = 400 if form.errors else 200
        return render(request, "guest_messages/letters.html", context, status=status)


@admin.register(ArrivalInfo)
class ArrivalInfoAdmin(RowHistoryMixin, ModelAdmin):
    list_display = ("product", "language", "meeting_point", "what_to_bring")
    list_filter = (("product", AutocompleteSelectFilter), ("language", ChoicesRadioFilter))
    list_filter_submit = True
    list_select_related = ("product",)
    list_per_page = 50
    search_fields = ("product__internal_name", "meeting_point", "what_to_bring")
    search_help_text = "The product, where guests meet, or what they bring"
    autocomplete_fields = ("product",)
    fields = (("product", "language"), "meeting_point", "what_to_bring")
