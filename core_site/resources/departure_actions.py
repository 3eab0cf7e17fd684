"""Actions that assign resources to one or many departures, or remove them."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe
from unfold.decorators import action, display

from core_site import stores
from core_site.admin_kit.confirmation_page import ConfirmationPage, render_confirmation
from core_site.admin_kit.django_types import ModelAdminMixin
from core_site.catalog.models import Departure
from core_site.catalog.time_format import format_start
from core_site.resources.conflicts import describe_clashes, warn_of_conflicts
from core_site.resources.forms import AssignForm, AssignManyForm, stored_resources
from core_site.resources.models import Assignment, Resource
from core_site.transactions import run_in_form
from shared_domain import resources
from shared_domain.availability import DepartureId
from shared_domain.quantities import format_quantity
from shared_domain.resources import Clash, ResourceId
from shared_domain.run_now import run_now


class ResourceActions(ModelAdminMixin):
    """Mixin of ``DepartureAdmin``: actions that assign resources, for users with the permission."""

    def has_assign_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return request.user.has_perm("resources.assign_resource")

    @display(description="guides, boats, equipment")
    def resources_shown(self, departure: Departure) -> SafeString | str:
        if not departure.has_resources:
            return "–"
        rows = Assignment.objects.filter(departure=departure).select_related("resource")
        names = ", ".join(str(row.resource) for row in rows)
        # A departure may have come into a clash since, by a new time of its schedule.
        clashes = run_now(
            resources.find_clashes([DepartureId(departure.pk)], store=stores.resources())
        )
        lines = [names or "–", *describe_clashes(clashes)]
        return format_html_join(mark_safe("<br>"), "{}", ((line,) for line in lines))

    @action(description="Guides and boats", icon="sailing", permissions=["assign"])
    def assign(self, request: HttpRequest, object_id: str) -> HttpResponse:
        departure: Departure | None = self.get_object(request, unquote(object_id))
        if departure is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        page = reverse("admin:catalog_departure_change", args=[departure.pk])
        present = _find_present(departure)
        form = AssignForm(request.POST if request.method == "POST" else None, present=present)
        if form.is_valid():
            clashes = run_in_form(form, lambda: self._store(request, departure, form))
            if clashes is not None:
                messages.success(request, f"{departure}: guides and boats stored.")
                warn_of_conflicts(request, [departure], clashes, timezone.now())
                return HttpResponseRedirect(page)
        confirmation = ConfirmationPage(
            title=f"Guides and boats: {departure}",
            button="Save",
            facts=(
                ("Starts", format_start(departure, departure.option.product.time_zone)),
                (
                    "Capacity",
                    "no limit" if departure.capacity is None else f"{departure.capacity:,}",
                ),
            ),
            back_url=page,
        )
        return render_confirmation(request, confirmation, form, about=Departure)

    def _store(self, request: HttpRequest, departure: Departure, form: AssignForm) -> list[Clash]:
        """Give the departure exactly the chosen resources, in the caller's transaction.

        Raises:
            ChangedMeanwhile: others have given or taken some since the page was opened.
        """
        store, chosen = stores.resources(), form.chosen
        at_first = [ResourceId(resource.pk) for resource in _find_present(departure)]
        run_now(store.lock_resources(sorted({*chosen, *at_first})))
        run_now(store.lock_departures([DepartureId(departure.pk)]))
        present = _find_present(departure)
        form.hold_against(stored_resources(present))
        ids = [ResourceId(resource.pk) for resource in present]
        added = [pk for pk in chosen if pk not in ids]
        removed = [pk for pk in ids if pk not in chosen]
        return self._change(request, [departure], added=added, removed=removed)

    @action(description="Give guides, boats and equipment", permissions=["assign"])
    def assign_many(self, request: HttpRequest, chosen: QuerySet[Any]) -> HttpResponse | None:
        rows = list(chosen.select_related("option__product").order_by("starts_at", "id"))
        on_them = Assignment.objects.filter(departure__in=[row.pk for row in rows])
        form = AssignManyForm(
            request.POST if "answered" in request.POST else None,
            present=list(on_them.order_by().values_list("resource", flat=True).distinct()),
        )
        if form.is_valid():
            is_added = form.cleaned_data["change"] == "assign"
            added, removed = (form.chosen, []) if is_added else ([], form.chosen)
            clashes = run_in_form(
                form, lambda: self._change(request, rows, added=added, removed=removed)
            )
            if clashes is not None:
                messages.success(request, f"{format_quantity(len(rows), 'departure')} changed.")
                warn_of_conflicts(request, rows, clashes, timezone.now())
                return None
        confirmation = ConfirmationPage(
            title=f"Guides and boats of {format_quantity(len(rows), 'departure')}",
            button="Save",
            explanation="What else they have stays.",
            back_url=reverse("admin:catalog_departure_changelist"),
        )
        return render_confirmation(request, confirmation, form, about=Departure, chosen=rows)

    def _change(
        self,
        request: HttpRequest,
        departures: Sequence[Departure],
        *,
        added: list[ResourceId],
        removed: list[ResourceId],
    ) -> list[Clash]:
        """Store what departures get and lose, in the caller's transaction."""
        store = stores.resources()
        ids = [DepartureId(departure.pk) for departure in departures]
        # Both at first: locks are taken in ascending order once.
        run_now(store.lock_resources(sorted({*added, *removed})))
        clashes: list[Clash] = []
        if removed:
            run_now(resources.unassign_resources(removed, ids, store=store))
        if added:
            clashes = run_now(resources.assign_resources(added, ids, store=store))
        for departure in departures:
            self.log_change(request, departure, "Guides and boats changed.")
        return [clash for clash in clashes if clash.resource_id in added]


def _find_present(departure: Departure) -> list[Resource]:
    return list(Resource.objects.filter(assignments__departure=departure))
