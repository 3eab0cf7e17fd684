"""Staff see what a save or a deletion does to departures, and decide, before it happens."""

from collections.abc import Callable, Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.db import OperationalError, transaction
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone

from core_site.carrying_out import InTheWay, is_in_the_way, wait_no_longer
from core_site.catalog.effect_page import BACK_TO_FORM, decision_in, show_effect
from core_site.catalog.effects import EffectUnseen, follow_schedules, preview
from core_site.catalog.generating import summary
from core_site.catalog.models import Option


class ShowsEffectFirst:
    """Mixed into a ``ModelAdmin`` before all others; its hooks call :meth:`follow`.

    A save that needs a decision is carried out as far as :meth:`follow`, rolled back as a whole,
    and repeated with the decision.
    """

    def follow(self, request: HttpRequest, options: Sequence[Option]) -> None:
        """Let departures follow what was saved or deleted in this transaction.

        Raises:
            EffectUnseen: staff are to see the effect first.
        """
        wait_no_longer()
        decision = decision_in(request.POST)
        effect = follow_schedules(options, decision, now=timezone.now())
        for option, changes in effect.of_options:
            said = f"departures: {summary(changes)}"
            messages.info(request, f"{option}, {said}.")
            if len(changes):
                self.log_change(request, option, f"{said[:1].upper()}{said[1:]}.")

    def ask_to_generate(self, request: HttpRequest, option: Option, *, page: str) -> HttpResponse:
        """Show what generating the departures of an option does; do it when the button is pressed.

        ``page`` is where the button is.
        """
        title = f"Generate the departures of {option}"
        if request.method != "POST":
            effects = preview([option], now=timezone.now())
            return show_effect(
                request,
                effects,
                about=Option,
                title=title,
                explanation="The departures of the next 400 days are brought into line with the "
                "schedules. What staff changed by hand is kept.",
                button="Generate",
                back_url=page,
            )

        def generate() -> HttpResponse:
            with transaction.atomic():
                self.follow(request, [option])
            return HttpResponseRedirect(page)

        return self._seen_first(request, generate, title=title, button="Generate", back_url=page)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if BACK_TO_FORM in request.POST:
            messages.info(request, "Nothing is saved yet: here is the form as you left it.")
        return self._seen_first(
            request,
            lambda: super(ShowsEffectFirst, self).changeform_view(
                request, object_id, form_url, extra_context
            ),
            button="Save",
        )

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return self._seen_first(
            request,
            lambda: super(ShowsEffectFirst, self).delete_view(request, object_id, extra_context),
            button="Delete",
            back_url=request.get_full_path(),
        )

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        def view() -> HttpResponse:
            # Django deletes what was chosen in a list without a transaction around it all.
            with transaction.atomic():
                return super(ShowsEffectFirst, self).changelist_view(request, extra_context)

        back_url = request.get_full_path()
        return self._seen_first(request, view, button="Delete", back_url=back_url)

    def get_form(
        self, request: HttpRequest, obj: Model | None = None, change: bool = False, **kwargs: Any
    ) -> type[forms.ModelForm]:
        form = super().get_form(request, obj, change=change, **kwargs)
        if BACK_TO_FORM in request.POST:
            # Django shows a form as it was sent when it is not valid. This class is the request's.
            form.is_valid = lambda self: False
        return form

    def _seen_first(
        self,
        request: HttpRequest,
        view: Callable[[], HttpResponse],
        *,
        button: str,
        title: str = "What this does to departures",
        back_url: str = "",
    ) -> HttpResponse:
        try:
            return view()
        except EffectUnseen as unseen:
            return show_effect(
                request,
                unseen.effects,
                about=self.model,
                title=title,
                button=button,
                is_dangerous=button == "Delete",
                back_url=back_url,
                was_seen=unseen.was_seen,
            )
        except OperationalError as problem:
            if not is_in_the_way(problem):
                raise
            messages.error(request, f"Nothing was changed: {InTheWay()}.")
            return HttpResponseRedirect(request.get_full_path())
