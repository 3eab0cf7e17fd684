"""The actions of an endpoint's admin page: each asks why, then calls one service."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from unfold.dataclasses import UnfoldAction
from unfold.decorators import action
from unfold.enums import ActionVariant

from core_site import stores
from core_site.admin_kit.confirmation_page import ConfirmationPage, render_confirmation
from core_site.admin_kit.django_types import ModelAdminMixin
from core_site.rollout.admin_board.action_target import (
    STAGE_ACTIONS,
    ActionTarget,
    missing_facts,
)
from core_site.rollout.admin_board.forms import BudgetForm, PinForm, ReasonForm, StageForm
from core_site.rollout.callers import empty_canary_warning
from core_site.rollout.models import Endpoint
from core_site.transactions import run_in_form
from shared_domain import rollout
from shared_domain.rollout import CallerName, Stage
from shared_domain.run_now import run_now

View = Callable[[Any, HttpRequest, str], HttpResponse]


def _stage_action(name: str) -> View:
    """Return the admin's view that leads to the stage of one of ``STAGE_ACTIONS``."""

    def change_stage(self: "EndpointActions", request: HttpRequest, object_id: str) -> HttpResponse:
        return self._change_stage(request, object_id, name)

    # Unfold finds an action by the name of its function.
    change_stage.__name__ = name
    stage_action = STAGE_ACTIONS[name]
    is_rollback = name == "step_back"
    view: View = action(
        description=stage_action.title,
        icon=stage_action.icon,
        permissions=["work"],
        variant=ActionVariant.WARNING if is_rollback else ActionVariant.DEFAULT,
    )(change_stage)
    return view


class EndpointActions(ModelAdminMixin):
    """The actions of ``EndpointAdmin``; they need the permission to change endpoints."""

    actions_detail = (
        *STAGE_ACTIONS,
        {"title": "Adjust", "icon": "tune", "items": ["pin", "budgets"]},
    )
    #: The page itself has the history.
    actions_detail_hide_default = True

    shadow, canary, to_edge, retire, step_back, back_to_django = map(_stage_action, STAGE_ACTIONS)

    def has_work_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return request.user.has_perm("endpoints.change_endpoint")

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[UnfoldAction]:
        target = self._load_target(request, object_id)
        if target is None:
            return []
        prefix = f"{self.opts.app_label}_{self.opts.model_name}_"
        offered = []
        for button in super().get_actions_detail(request, object_id):
            name = button.action_name.removeprefix(prefix)
            if not target.is_available(name):
                continue
            if target.is_next_step(name):
                button = replace(button, variant=ActionVariant.PRIMARY)
            if name in STAGE_ACTIONS and target.title(name) not in button.description:
                button = replace(button, description=target.title(name))
            offered.append(button)
        return offered

    @action(description="Pin a partner", icon="push_pin", permissions=["work"])
    def pin(self, request: HttpRequest, object_id: str) -> HttpResponse:
        target = self._load_target(request, object_id)
        if target is None:
            return self._redirect_missing(request, object_id)
        form = PinForm(_post_data(request))

        def pin_partner(**why: Any) -> object:
            caller = CallerName(str(form.cleaned_data["partner"].pk))
            return rollout.pin_partner(target.name, caller, form.chosen_side, **why)

        def describe() -> str:
            side = form.chosen_side
            pinned = f"pinned to {side}" if side else "no longer pinned"
            return f"{form.cleaned_data['partner']} is {pinned}."

        return self._ask_and_run(
            request,
            target,
            form,
            pin_partner,
            describe,
            title="Pin a partner",
            button="Pin",
            explanation="While the endpoint is a canary, a pinned partner stays on one side "
            "whatever the share is.",
        )

    @action(description="Budgets", icon="speed", permissions=["work"])
    def budgets(self, request: HttpRequest, object_id: str) -> HttpResponse:
        target = self._load_target(request, object_id)
        if target is None:
            return self._redirect_missing(request, object_id)
        form = BudgetForm(target.endpoint, _post_data(request))

        def set_budget(**why: Any) -> object:
            names = ("sample_percent", "guarded_calls", "guarded_percent")
            sampling = {name: form.cleaned_data[name] for name in names}
            # Of the locked row: a limit that the form does not have may have changed meanwhile.
            budget = form.change_budget(target.load().budget)
            return rollout.set_budget(target.name, budget=budget, **sampling, **why)

        return self._ask_and_run(
            request,
            target,
            form,
            set_budget,
            lambda: "The budgets are changed.",
            title="Budgets",
            button="Change the budgets",
            explanation="Where the edge answers partners, the endpoint is rolled back to shadow "
            "as soon as one of these is spent.",
        )

    def _change_stage(self, request: HttpRequest, object_id: str, name: str) -> HttpResponse:
        target = self._load_target(request, object_id)
        if target is None:
            return self._redirect_missing(request, object_id)
        stage = STAGE_ACTIONS[name].stage
        evidence = target.load_evidence(stage)
        form = StageForm(target.endpoint, stage, evidence, _post_data(request))

        def describe() -> str:
            percent = form.cleaned_data.get("percent") or 0
            return f"now in stage {rollout.describe_stage(stage, percent)}."

        def set_stage(**why: Any) -> object:
            return rollout.set_stage(
                target.name,
                stage,
                percent=form.cleaned_data.get("percent"),
                is_reverse_shadowed=form.cleaned_data.get("is_reverse_shadowed", False),
                is_forced=form.cleaned_data.get("is_forced", False),
                **why,
            )

        return self._ask_and_run(
            request,
            target,
            form,
            set_stage,
            describe,
            title=target.title(name),
            button=target.title(name),
            explanation=STAGE_ACTIONS[name].explanation,
            facts=missing_facts(evidence),
            refusal=target.refusal(stage),
            is_dangerous=stage is Stage.RETIRED,
        )

    def _ask_and_run(
        self,
        request: HttpRequest,
        target: ActionTarget,
        form: ReasonForm,
        service: Callable[..., Any],
        describe: Callable[[], str],
        *,
        title: str,
        facts: tuple[tuple[str, object], ...] = (),
        refusal: str = "",
        **confirmation: Any,
    ) -> HttpResponse:
        """Run the service when the form is valid; show the confirmation until then.

        ``service`` takes who changes it, why, when and where; ``describe`` says what was done.
        """

        def change() -> object:
            if isinstance(form, StageForm | BudgetForm):
                form.hold_against(form.stored_in(target.load_locked()))
            changed = run_now(
                service(
                    reason=form.cleaned_data["reason"],
                    actor=request.user.get_username(),
                    now=timezone.now(),
                    store=stores.endpoints(),
                )
            )
            message = describe()
            self.log_change(request, target.row, message[:1].upper() + message[1:])
            return changed

        if form.is_valid() and run_in_form(form, change) is not None:
            messages.success(request, f"{target.endpoint.name}: {describe()}")
            warning = empty_canary_warning(target.load())
            if isinstance(form, StageForm) and warning:
                messages.warning(request, f"{warning[:1].upper()}{warning[1:]}.")
            return HttpResponseRedirect(target.page)
        page = ConfirmationPage(
            title=f"{title}: {target.endpoint.name}",
            # The refusal of a service says what is missing as well.
            facts=target.facts if form.non_field_errors() else (*target.facts, *facts),
            refusal="" if form.errors else refusal,
            back_url=target.page,
            **confirmation,
        )
        return render_confirmation(request, page, form, about=Endpoint)

    def _load_target(self, request: HttpRequest, object_id: str) -> ActionTarget | None:
        row = self.get_object(request, unquote(str(object_id)))
        if row is None:
            return None
        name = (row.method, row.path_template)
        endpoint = run_now(rollout.get_endpoint(name, store=stores.endpoints()))
        return ActionTarget(row, endpoint, timezone.now())

    def _redirect_missing(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)


def _post_data(request: HttpRequest) -> Any:
    return request.POST if request.method == "POST" else None
