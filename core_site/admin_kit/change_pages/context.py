"""Adds to what the change page of a row shows, in one place for all admin classes."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse

from core_site.admin_kit.change_pages.panels import Panel, load_panels
from core_site.admin_kit.django_types import ModelAdminMixin


class PageContextMixin(ModelAdminMixin):
    """Mixin of admin classes whose change page shows more than its form.

    ``panels`` are shown beneath the form, or where the page's own template puts them.
    """

    panels: Sequence[Panel] = ()

    def extend_page(self, request: HttpRequest, row: Any, context: dict[str, Any]) -> None:
        """Add to the context of the page of ``row``, before its template is rendered.

        It is not called for a page of another kind: a redirect, a refusal, the page to add a row.
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
            self.extend_page(request, context["original"], context)
        return response
