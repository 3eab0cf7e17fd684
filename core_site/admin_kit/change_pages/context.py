"""Template context of admin pages: their names, their panels, and what an admin class adds."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.text import capfirst

from core_site.admin_kit.change_pages.panels import Panel, load_panels
from core_site.admin_kit.changelist import ReadOnlyAdminMixin
from core_site.admin_kit.django_types import ModelAdminMixin
from core_site.admin_kit.viewer_zone import drop_own_zone


class PageContextMixin(ModelAdminMixin):
    """Mixin of admin classes whose change page shows more than its form.

    ``panels`` are shown beneath the form, or where the page's own template puts them.
    """

    panels: Sequence[Panel] = ()

    def has_history_page(self) -> bool:
        """Return whether a row's page leads to a history of the row.

        Django's own lists what staff saved by a form, so it would be empty for a page without one,
        however often buttons and callers changed the row: such a page tells its history itself.
        """
        return not isinstance(self, ReadOnlyAdminMixin)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if self.has_history_page():
            return super().history_view(request, object_id, extra_context)
        name = f"{self.admin_site.name}:{self.opts.app_label}_{self.opts.model_name}_change"
        return redirect(reverse(name, args=[object_id]))

    def list_name(self, request: HttpRequest) -> str:
        """Return the list's name for its header and the browser's tab.

        An admin class overrides it for a list that a link of the sidebar filters, with the name of
        that link. The header is ``unfold/helpers/welcomemsg.html``.
        """
        return capfirst(str(self.opts.verbose_name_plural))

    def page_name(self, request: HttpRequest, row: Any) -> str:
        """Return the name of the page of ``row`` for its header, for users who may see the page."""
        return drop_own_zone(str(row))

    def extend_page(self, request: HttpRequest, row: Any, context: dict[str, Any]) -> None:
        """Add to the context of the page of ``row``, before its template is rendered.

        It is not called for a redirect, a refusal, or the page that adds a row.
        """
        context["panels"] = load_panels(self.panels, request, row)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        response = super().change_view(request, object_id, form_url, extra_context)
        context = getattr(response, "context_data", None)
        if context and context.get("original") is not None:
            context["page_name"] = self.page_name(request, context["original"])
            context["show_history"] = self.has_history_page()
            context["subtitle"] = drop_own_zone(str(context.get("subtitle") or ""))
            self.extend_page(request, context["original"], context)
        return response

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        name = f"Add {self.opts.verbose_name}"
        return super().add_view(request, form_url, {"page_name": name} | (extra_context or {}))

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        name = self.list_name(request)
        return super().changelist_view(
            request, {"page_name": name, "title": name} | (extra_context or {})
        )
