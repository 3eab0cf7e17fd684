"""Actions on departures that open the page on which they are cancelled or moved."""

from typing import Any
from urllib.parse import urlencode

from django.contrib.admin.utils import unquote
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from unfold.decorators import action
from unfold.enums import ActionVariant

from core_site.admin_kit.django_types import ModelAdminMixin


class DisruptionActions(ModelAdminMixin):
    """Mixin of ``DepartureAdmin``: actions that cancel or move whole departures."""

    def has_disrupt_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return request.user.has_perm("disruptions.run_disruption")

    @action(
        description="Cancel or move its guests",
        icon="event_busy",
        permissions=["disrupt"],
        variant=ActionVariant.DANGER,
    )
    def disrupt(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return HttpResponseRedirect(_start_page([unquote(object_id)]))

    @action(description="Cancel or move with all guests", permissions=["disrupt"])
    def disrupt_many(self, request: HttpRequest, chosen: QuerySet[Any]) -> HttpResponse:
        return HttpResponseRedirect(_start_page(chosen.order_by("pk").values_list("pk", flat=True)))


def _start_page(departure_ids: Any) -> str:
    chosen = ",".join(str(pk) for pk in departure_ids)
    page = reverse("admin:disruptions_disruption_start")
    return f"{page}?{urlencode({'departures': chosen})}"
