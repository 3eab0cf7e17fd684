"""The page that exports and erases a person's data, and the list of such requests."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from unfold.decorators import action

from core_site.admin_kit.changelist import ReadOnlyAdminMixin
from core_site.admin_kit.confirmation_page import ConfirmationPage, render_confirmation
from core_site.admin_kit.model_admin import ModelAdmin
from core_site.persons import person_requests
from core_site.persons.forms import FoundForm, PersonForm
from core_site.persons.models import PersonRequest
from core_site.staff_messages import staff_message
from shared_domain.persons import Found
from shared_domain.refusals import Refused

NAME = "persons_personrequest"


@admin.register(PersonRequest)
class PersonRequestAdmin(ReadOnlyAdminMixin, ModelAdmin):
    list_display = ("at", "action", "by", "bookings", "tickets", "users")
    list_filter = ("action",)
    actions_list = ("find_person",)

    def get_urls(self) -> list[URLPattern]:
        return [
            path("find/", self.admin_site.admin_view(self.find_view), name=f"{NAME}_find"),
            *super().get_urls(),
        ]

    @action(description="Find a person", icon="person_search", permissions=["find"])
    def find_person(self, request: HttpRequest) -> HttpResponse:
        return HttpResponseRedirect(reverse(f"admin:{NAME}_find"))

    def has_find_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("persons.erase_person")

    def find_view(self, request: HttpRequest) -> HttpResponseBase:
        """Find a person's data and show how much is stored, then export or erase it.

        Everything is sent by POST, since an e-mail address in a URL would stay in logs and in the
        browser's history.
        """
        if not self.has_find_permission(request):
            raise PermissionDenied
        step = request.POST.get("step", "")
        form = (FoundForm if step else PersonForm)(request.POST or None)
        if not request.POST or not form.is_valid():
            return self._ask_who(request, form)
        person, by = form.cleaned_data["person"], f"staff: {request.user}"
        try:
            if step == "export":
                answer = StreamingHttpResponse(
                    person_requests.export(person, by=by), content_type="application/json"
                )
                answer["Content-Disposition"] = 'attachment; filename="personal-data.json"'
                answer["Cache-Control"] = "no-store"
                return answer
            if step == "erase":
                also_ahead = form.cleaned_data["also_ahead"]
                done = person_requests.erase(person, by=by, also_ahead=also_ahead)
                messages.success(
                    request,
                    f"Erased: {done.describe_rows()}.",
                )
                return HttpResponseRedirect(reverse(f"admin:{NAME}_changelist"))
            found = person_requests.find(person)
        except Refused as refusal:
            form.add_error(None, f"{staff_message(refusal).text}.")
            return self._ask_who(request, form) if not step else self._ask_what(request, form, None)
        asked = FoundForm(initial={name: form.cleaned_data[name] for name in ("kind", "value")})
        return self._ask_what(request, asked, found)

    def _ask_who(self, request: HttpRequest, form: PersonForm) -> HttpResponse:
        confirmation = ConfirmationPage(
            title="Personal data of a guest or user",
            button="Find",
            explanation="Find what is stored of a person, to hand it out or to erase it.",
            back_url=reverse(f"admin:{NAME}_changelist"),
        )
        return render_confirmation(request, confirmation, form, about=PersonRequest)

    def _ask_what(
        self, request: HttpRequest, form: PersonForm, found: Found | None
    ) -> HttpResponse:
        confirmation = ConfirmationPage(
            title="What is stored of this person",
            button="Go on",
            explanation=(
                "Erasing: names, contact details, notes and reasons of cancellation are taken out "
                "of these bookings, and users are deleted. Times, places, money and status stay. "
                "This cannot be undone."
            ),
            facts=_facts(found) if found else (),
            is_dangerous=True,
            back_url=reverse(f"admin:{NAME}_find"),
        )
        return render_confirmation(request, confirmation, form, about=PersonRequest)


def _facts(found: Found) -> tuple[tuple[str, object], ...]:
    now = timezone.now()
    ahead = [booking.reference for booking in found.bookings if booking.is_ahead(now)]
    return (
        ("Bookings", ", ".join(booking.reference for booking in found.bookings) or "none"),
        ("Tickets in their name", sum(len(booking.tickets) for booking in found.bookings)),
        ("Users of partners", len(found.users)),
        ("Still ahead", ", ".join(ahead) or "none"),
    )
