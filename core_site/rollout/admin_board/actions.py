"""The buttons on an endpoint's page: each asks why, then calls one service in one transaction."""

from collections.abc import Callable
from dataclasses import replace

from django import forms
from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from unfold.dataclasses import UnfoldAction
from unfold.decorators import action
from unfold.enums import ActionVariant

from core_site import stores
from core_site.admin_kit.confirmation_page import ConfirmationPage, render_confirmation
from core_site.rollout.admin_board.action_target import (
    TARGET_STAGES,
    TITLES,
    ActionTarget,
    evidence_facts,
)
from core_site.rollout.admin_board.audit import describe_stage
from core_site.rollout.admin_board.forms import BudgetForm, PinForm, StageForm
from core_site.rollout.callers import empty_canary_warning
from core_site.rollout.models import Endpoint
from core_site.transactions import run_in_form
from shared_domain import rollout
from shared_domain.rollout import CallerName, Stage
from shared_domain.run_now import run_now


class EndpointActions:
    """Mixed into ``EndpointAdmin``; whoever may change endpoints may press these."""

    actions_detail = (
        "shadow",
        "canary",
        "to_edge",
        "retire",
        "step_back",
        "back_to_django",
        {"title": "Adjust", "icon": "tune", "items": ["pin", "budgets"]},
    )
    #: The page itself tells who changed what.
    actions_detail_hide_default = True

    def has_work_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return request.user.has_perm("endpoints.change_endpoint")

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[UnfoldAction]:
        subject = self._subject(request, object_id)
        if subject is None:
            return []
        prefix = f"{self.opts.app_label}_{self.opts.model_name}_"
        return [
            replace(
                button,
                description=subject.override_title(name) or button.description,
                variant=ActionVariant.PRIMARY if subject.is_next_step(name) else button.variant,
            )
            for button in super().get_actions_detail(request, object_id)
            if subject.is_available(name := button.action_name.removeprefix(prefix))
        ]

    @action(description="Shadow", icon="compare_arrows", permissions=["work"])
    def shadow(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._move(
            request,
            object_id,
            "shadow",
            "Django goes on answering. The edge is asked as well, for a sample of the calls, and "
            "the two answers are compared.",
        )

    @action(description="Canary…", icon="percent", permissions=["work"])
    def canary(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._move(
            request,
            object_id,
            "canary",
            "The edge answers this share of the partners, and Django the rest. Where the edge "
            "fails, Django answers in the same request.",
        )

    @action(description="To the edge", icon="bolt", permissions=["work"])
    def to_edge(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._move(request, object_id, "to_edge", "The edge answers every partner.")

    @action(description="Retire", icon="inventory_2", permissions=["work"])
    def retire(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._move(
            request,
            object_id,
            "retire",
            "The edge goes on answering, and Django's view may be deleted. Whatever still reaches "
            "it is an alarm.",
        )

    @action(
        description="Step back", icon="undo", permissions=["work"], variant=ActionVariant.WARNING
    )
    def step_back(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._move(
            request,
            object_id,
            "step_back",
            "Django answers again, within a second, and the edge is compared with it.",
        )

    @action(description="Back to Django", icon="first_page", permissions=["work"])
    def back_to_django(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._move(
            request,
            object_id,
            "back_to_django",
            "Django answers again, within a second, and nothing is compared.",
        )

    @action(description="Pin a partner", icon="push_pin", permissions=["work"])
    def pin(self, request: HttpRequest, object_id: str) -> HttpResponse:
        subject = self._subject(request, object_id)
        if subject is None:
            return self._gone(request, object_id)
        form = PinForm(_posted(request))
        if form.is_valid():
            partner = form.cleaned_data["partner"]
            told = f"pinned to {form.chosen_side}" if form.chosen_side else "no longer pinned"
            done = self._carry_out(
                request,
                subject,
                form,
                lambda: rollout.pin_partner(
                    subject.name,
                    CallerName(str(partner.pk)),
                    form.chosen_side,
                    **self._told_by(request, form),
                ),
                said=f"{partner} is {told}.",
            )
            if done is not None:
                return done
        confirmation = ConfirmationPage(
            title=f"Pin a partner: {subject.endpoint.name}",
            button="Pin",
            explanation="While the endpoint is a canary, a pinned partner stays on one side "
            "whatever the share is.",
            facts=subject.facts,
            back_url=subject.page,
        )
        return render_confirmation(request, confirmation, form, about=Endpoint)

    @action(description="Budgets", icon="speed", permissions=["work"])
    def budgets(self, request: HttpRequest, object_id: str) -> HttpResponse:
        subject = self._subject(request, object_id)
        if subject is None:
            return self._gone(request, object_id)
        form = BudgetForm(subject.endpoint, _posted(request))
        if form.is_valid():
            done = self._carry_out(
                request,
                subject,
                form,
                lambda: rollout.set_budget(
                    subject.name,
                    budget=form.budget,
                    sample_percent=form.cleaned_data["sample_percent"],
                    guarded_calls=form.cleaned_data["guarded_calls"],
                    guarded_percent=form.cleaned_data["guarded_percent"],
                    **self._told_by(request, form),
                ),
                said="The budgets are changed.",
            )
            if done is not None:
                return done
        confirmation = ConfirmationPage(
            title=f"Budgets: {subject.endpoint.name}",
            button="Change the budgets",
            explanation="Where the edge answers partners, the endpoint steps back to shadow by "
            "itself as soon as one of these is spent.",
            facts=subject.facts,
            back_url=subject.page,
        )
        return render_confirmation(request, confirmation, form, about=Endpoint)

    def _move(
        self, request: HttpRequest, object_id: str, button: str, explanation: str
    ) -> HttpResponse:
        subject = self._subject(request, object_id)
        if subject is None:
            return self._gone(request, object_id)
        stage = TARGET_STAGES[button]
        title = subject.override_title(button) or TITLES[button]
        evidence = subject.evidence_for(stage)
        form = StageForm(subject.endpoint, stage, evidence, _posted(request))
        if form.is_valid():
            done = self._carry_out(
                request,
                subject,
                form,
                lambda: rollout.set_stage(
                    subject.name,
                    stage,
                    percent=form.cleaned_data.get("percent"),
                    is_reverse_shadowed=form.cleaned_data.get("is_reverse_shadowed", False),
                    is_forced=form.cleaned_data.get("is_forced", False),
                    **self._told_by(request, form),
                ),
                said="now in stage "
                f"{describe_stage(stage, form.cleaned_data.get('percent') or 0)}.",
            )
            if done is not None:
                return done
        confirmation = ConfirmationPage(
            title=f"{title}: {subject.endpoint.name}",
            button=title,
            explanation=explanation,
            # The service's refusal says what is lacking as well.
            facts=subject.facts
            if form.non_field_errors()
            else (*subject.facts, *evidence_facts(evidence)),
            refusal="" if form.errors else subject.refusal_of(stage),
            is_dangerous=stage is Stage.RETIRED,
            back_url=subject.page,
        )
        return render_confirmation(request, confirmation, form, about=Endpoint)

    def _carry_out(
        self,
        request: HttpRequest,
        subject: ActionTarget,
        form: forms.Form,
        service: Callable[[], object],
        *,
        said: str,
    ) -> HttpResponse | None:
        """Run the service, and return the way back; None when it refused, with why in the form."""

        def change() -> object:
            if isinstance(form, StageForm | BudgetForm):
                form.hold_against(form.stored_in(subject.locked()))
            changed = run_now(service())
            self.log_change(request, subject.row, said[:1].upper() + said[1:])
            return changed

        if run_in_form(form, change) is None:
            return None
        messages.success(request, f"{subject.endpoint.name}: {said}")
        if isinstance(form, StageForm) and (nobody := empty_canary_warning(subject.as_stored())):
            messages.warning(request, f"{nobody[:1].upper()}{nobody[1:]}.")
        return HttpResponseRedirect(subject.page)

    def _told_by(self, request: HttpRequest, form: forms.Form) -> dict[str, object]:
        """Return who changes it, why, when and where: the same for every service."""
        return {
            "reason": form.cleaned_data["reason"],
            "actor": request.user.get_username(),
            "now": timezone.now(),
            "store": stores.endpoints(),
        }

    def _subject(self, request: HttpRequest, object_id: str) -> ActionTarget | None:
        row = self.get_object(request, unquote(str(object_id)))
        if row is None:
            return None
        name = (row.method, row.path_template)
        endpoint = run_now(rollout.get_endpoint(name, store=stores.endpoints()))
        return ActionTarget(row, endpoint, timezone.now())

    def _gone(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)


def _posted(request: HttpRequest) -> object:
    return request.POST if request.method == "POST" else None
