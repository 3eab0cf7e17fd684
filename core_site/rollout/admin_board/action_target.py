"""The endpoint that an action of its admin page changes, and which actions are possible now."""

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from core_site import stores
from core_site.admin_kit.viewer_zone import format_instant
from core_site.rollout.models import Endpoint
from core_site.staff_messages import staff_message
from shared_domain import rollout
from shared_domain.rollout import Evidence, PromotionVerdict, Stage
from shared_domain.run_now import run_now


@dataclass(frozen=True)
class StageAction:
    """A button that sets a stage: its title, its icon, and an explanation for the confirmation."""

    stage: Stage
    title: str
    icon: str
    explanation: str


STAGE_ACTIONS = {
    "shadow": StageAction(
        Stage.SHADOW,
        "Shadow",
        "compare_arrows",
        "Django goes on answering. The edge is asked as well, for a sample of the calls, and the "
        "two answers are compared.",
    ),
    "canary": StageAction(
        Stage.CANARY,
        "Canary…",
        "percent",
        "The edge answers this share of the partners, and Django the rest. Where the edge fails, "
        "Django answers in the same request.",
    ),
    "to_edge": StageAction(Stage.EDGE, "To the edge", "bolt", "The edge answers every partner."),
    "retire": StageAction(
        Stage.RETIRED,
        "Retire",
        "inventory_2",
        "The edge goes on answering, and Django's view may be deleted. A call that still reaches "
        "it is an alarm.",
    ),
    "step_back": StageAction(
        Stage.SHADOW,
        "Roll back",
        "undo",
        "Django answers again, within a second, and the edge is compared with it.",
    ),
    "back_to_django": StageAction(
        Stage.DJANGO,
        "Back to Django",
        "first_page",
        "Django answers again, within a second, and nothing is compared.",
    ),
}


@dataclass(frozen=True)
class ActionTarget:
    """The endpoint that an action changes: its row and its domain object."""

    row: Endpoint
    endpoint: rollout.Endpoint
    now: datetime

    @property
    def name(self) -> rollout.EndpointName:
        return self.endpoint.method, self.endpoint.path_template

    def load_locked(self) -> rollout.Endpoint:
        """Return the endpoint as it is stored now, its row locked until the transaction ends."""
        list(Endpoint.objects.select_for_update(no_key=True).filter(pk=self.row.pk).order_by())
        return self.load()

    def load(self) -> rollout.Endpoint:
        return run_now(rollout.get_endpoint(self.name, store=stores.endpoints()))

    @property
    def page(self) -> str:
        return reverse("admin:endpoints_endpoint_change", args=[self.row.pk])

    @property
    def facts(self) -> tuple[tuple[str, object], ...]:
        stage = rollout.describe_stage(self.endpoint.stage, self.endpoint.percent)
        since = format_instant(self.endpoint.stage_since)
        return (("Endpoint", self.endpoint.name), ("Stage", f"{stage}, since {since}"))

    def refusal(self, stage: Stage) -> str:
        """Return why the stage is impossible, whatever the evidence; empty if it is possible."""
        try:
            self.endpoint.check_stage(stage)
        except rollout.StageImpossible as refusal:
            return staff_message(refusal).text
        return ""

    def load_evidence(self, stage: Stage) -> Evidence:
        return run_now(
            rollout.evidence_for(self.name, stage, now=self.now, store=stores.endpoints())
        )

    def title(self, name: str) -> str:
        """Return the title of an action; another one if the endpoint is in its stage already."""
        match name, self.endpoint.stage:
            case "canary", Stage.CANARY:
                return "Change the share"
            case "to_edge", Stage.EDGE:
                return "Django as the shadow"
        return STAGE_ACTIONS[name].title.rstrip("…")

    def is_next_step(self, name: str) -> bool:
        action = STAGE_ACTIONS.get(name)
        return action is not None and self.endpoint.next_stage is action.stage

    def is_available(self, name: str) -> bool:
        """Whether an action could change anything now."""
        endpoint = self.endpoint
        has_both = endpoint.is_on_edge and endpoint.is_on_django
        match name:
            case "pin":
                return has_both or bool(endpoint.pins)
            case "budgets":
                return has_both
            case "shadow":
                is_useful = endpoint.stage is Stage.DJANGO
            case "step_back":
                is_useful = endpoint.stage.is_ahead_of(Stage.SHADOW)
            case "to_edge":
                can_be_shadowed = endpoint.is_read and endpoint.is_on_django
                is_useful = endpoint.stage is not Stage.EDGE or can_be_shadowed
            case "canary":
                is_useful = True
            case _:
                is_useful = endpoint.stage is not STAGE_ACTIONS[name].stage
        return is_useful and not self.refusal(STAGE_ACTIONS[name].stage)


def missing_facts(evidence: Evidence) -> tuple[tuple[str, object], ...]:
    """Return the verdict and the missing evidence, for the confirmation; empty if it is READY."""
    if evidence.verdict is PromotionVerdict.READY:
        return ()
    missing = format_html_join(SafeString("<br>"), "– {}", ((one,) for one in evidence.missing))
    return ("Evidence", evidence.verdict.value), ("Still missing", missing)
