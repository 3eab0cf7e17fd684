"""The desk on a departure's page: the button "Book here", and exemptions in the history."""

from collections.abc import Iterable
from dataclasses import replace
from urllib.parse import urlencode

from django.apps import apps
from django.contrib.admin.utils import unquote
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from unfold.decorators import action
from unfold.enums import ActionVariant

from core_site.admin_row_history import RowHistoryMixin
from core_site.booking_desk.models import Exemption
from core_site.bookings.admin_columns import HIDDEN
from core_site.personal_data import may_see_personal_data
from core_site.row_history import RowChange


class DeskActions(RowHistoryMixin):
    """Mixin of ``DepartureAdmin``: ``book_here`` leads staff who may sell to the desk."""

    def has_sell_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return request.user.has_perm("bookings.sell_booking")

    @action(
        description="Book here",
        icon="add",
        url_path="book-here",
        permissions=["sell"],
        variant=ActionVariant.PRIMARY,
    )
    def book_here(self, request: HttpRequest, object_id: str) -> HttpResponse:
        chosen = urlencode({"departure": unquote(object_id)})
        return HttpResponseRedirect(f"{reverse('booking_desk:desk')}?{chosen}")

    def row_changes(self, request: HttpRequest, row: Model) -> list[RowChange]:
        changes = super().row_changes(request, row)
        return _with_exemptions(request, row.pk, changes)


def _with_exemptions(
    request: HttpRequest, departure_id: int, changes: Iterable[RowChange]
) -> list[RowChange]:
    """Return the changes, each with the exemption that the same transaction recorded."""
    changes = list(changes)
    contexts = {change.version.pgh_context_id for change in changes} - {None}
    versions = apps.get_model("booking_desk", "ExemptionEvent")._base_manager
    made = dict(
        versions.filter(departure_id=departure_id, pgh_context_id__in=contexts).values_list(
            "pgh_context_id", "pgh_obj_id"
        )
    )
    exemptions = Exemption.objects.select_related("booking").in_bulk(list(made.values()))
    shows_reason = may_see_personal_data(request)
    found: list[RowChange] = []
    for change in changes:
        exemption = exemptions.get(made.get(change.version.pgh_context_id, 0))
        if exemption is not None and exemption.capacity_before != exemption.capacity_after:
            reason = exemption.reason if shows_reason else HIDDEN
            # A departure's first version in the history has none before it to compare.
            raised = f"{exemption.capacity_before} → {exemption.capacity_after}"
            note = f"Booked over capacity, {raised} places: {exemption.booking}, {reason}"
            change = replace(change, note=note)  # the same change, with its note
        found.append(change)
    return found
