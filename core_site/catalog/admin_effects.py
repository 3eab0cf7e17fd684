"""Preview the effects of a save or deletion on departures, for staff to decide beforehand."""

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import messages
from django.db import OperationalError, transaction
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone

from core_site import stores
from core_site.admin_kit.django_types import ModelAdminMixin, ModelForm
from core_site.admin_kit.save_errors import find_refusal
from core_site.catalog.departure_generation import summary
from core_site.catalog.effect_page import BACK_TO_FORM, decision_in, show_effect
from core_site.catalog.effects import EffectUnseen, follow_schedules, previews
from core_site.catalog.models import Option
from core_site.staff_messages import staff_message
from core_site.transactions import (
    RowLocked,
    is_lock_timeout,
    set_lock_timeout,
)
from shared_domain.refusals import Refused
from shared_domain.run_now import run_now


class EffectPreviewMixin(ModelAdminMixin):
    """Mixin of a ``ModelAdmin``: previews what a save or deletion does to departures.

    It must be the first base; the save and delete hooks of the class call :meth:`follow`. A save
    that needs a decision is rolled back there as a whole, and repeated with the decision.
    """

    def follow(self, request: HttpRequest, options: Sequence[Option]) -> None:
        """Regenerate the departures of the options after a save or deletion in this transaction.

        Raises:
            EffectUnseen: staff have to see the effect first.
        """
        set_lock_timeout()
        decision = decision_in(request.POST)
        effect = follow_schedules(options, decision, now=timezone.now())
        for option, changes in effect.of_options:
            said = f"departures: {summary(changes)}"
            messages.info(request, f"{option}, {said}.")
            if len(changes):
                self.log_change(request, option, f"{said[:1].upper()}{said[1:]}.")

    def ask_to_generate(self, request: HttpRequest, option: Option, *, page: str) -> HttpResponse:
        """Regenerate an option's departures, after a page that shows the effect.

        ``page`` is the URL of the page with the button, to which the answer redirects.
        """
        return self.ask_to_change(
            request,
            lambda: None,
            option,
            title=f"Generate the departures of {option}",
            explanation="The departures of the next 400 days are brought into line with the "
            "schedules. What staff changed by hand is kept.",
            button="Generate",
            page=page,
        )

    def ask_to_change(
        self,
        request: HttpRequest,
        change: Callable[[], None],
        option: Option,
        *,
        title: str,
        explanation: str,
        button: str,
        page: str,
    ) -> HttpResponse:
        """Call ``change`` and regenerate the option's departures, after a page with the effect.

        GET shows the effect and rolls back; POST carries it out and redirects to ``page``.
        """

        def view() -> HttpResponse:
            with transaction.atomic():
                set_lock_timeout()
                keep_blackouts(request)
                change()
                if request.method == "POST":
                    self.follow(request, [option])
                    return HttpResponseRedirect(page)
                effects = previews([option], now=timezone.now())
                transaction.set_rollback(True)
            return show_effect(
                request,
                effects,
                about=self.model,
                title=title,
                explanation=explanation,
                button=button,
                back_url=page,
            )

        try:
            return self.seen_first(request, view, title=title, button=button, back_url=page)
        except Refused as refusal:
            messages.error(request, f"{staff_message(refusal).text}.")
            return HttpResponseRedirect(page)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if BACK_TO_FORM in request.POST:
            messages.info(request, "Nothing is saved yet: here is the form as you left it.")
        return self.seen_first(
            request,
            lambda: super(EffectPreviewMixin, self).changeform_view(
                request, object_id, form_url, extra_context
            ),
            button="Save",
        )

    def _changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None,
        form_url: str,
        extra_context: dict[str, Any] | None,
    ) -> HttpResponse:
        # With a refusal, this only shows the form again.
        if not find_refusal(request):
            keep_blackouts(request)
        return super()._changeform_view(request, object_id, form_url, extra_context)

    def _delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None
    ) -> HttpResponse:
        keep_blackouts(request)
        return super()._delete_view(request, object_id, extra_context)

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return self.seen_first(
            request,
            lambda: super(EffectPreviewMixin, self).delete_view(request, object_id, extra_context),
            button="Delete",
            back_url=request.get_full_path(),
        )

    def get_form(
        self, request: HttpRequest, obj: Model | None = None, change: bool = False, **kwargs: Any
    ) -> type[ModelForm]:
        form = super().get_form(request, obj, change=change, **kwargs)
        if BACK_TO_FORM in request.POST:
            # Django shows a form as it was sent when it is not valid. This class is the request's.
            form.is_valid = lambda self: False  # type: ignore[method-assign]
        return form

    def seen_first(
        self,
        request: HttpRequest,
        view: Callable[[], HttpResponse],
        *,
        button: str,
        title: str = "What this does to departures",
        back_url: str = "",
    ) -> HttpResponse:
        """Return the response of ``view``, or on ``EffectUnseen`` the page with the effect.

        ``view`` works in a transaction of its own, which an exception rolls back.
        """
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
            if not is_lock_timeout(problem):
                raise
            messages.error(request, f"Nothing was changed: {RowLocked()}.")
            return HttpResponseRedirect(request.get_full_path())


def keep_blackouts(request: HttpRequest) -> None:
    """Begin the transaction of a POST: no blackout changes until it ends.

    The lock comes before those of the page's rows, as in every change of blackouts.
    """
    if request.method == "POST":
        set_lock_timeout()
        run_now(stores.blackouts().lock_shared())
