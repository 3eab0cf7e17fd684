"""What a button on an endpoint's page is about, and which buttons could do anything now."""

from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from core_site import stores
from core_site.rollout.admin_board.audit import describe_stage
from core_site.rollout.models import Endpoint
from core_site.transactions import staff_message
from shared_domain import rollout
from shared_domain.rollout import Evidence, PromotionVerdict, Stage
from shared_domain.run_now import run_now

#: The stage that each button leads to.
TARGET_STAGES = MappingProxyType(
    {
        "shadow": Stage.SHADOW,
        "canary": Stage.CANARY,
        "to_edge": Stage.EDGE,
        "retire": Stage.RETIRED,
        "step_back": Stage.SHADOW,
        "back_to_django": Stage.DJANGO,
    }
)


TITLES = MappingProxyType(
    {
        "shadow": "Shadow",
        "canary": "Canary",
        "to_edge": "To the edge",
        "retire": "Retire",
        "step_back": "Step back",
        "back_to_django": "Back to Django",
    }
)


@dataclass(frozen=True)
class ActionTarget:
    """The endpoint that a button was pressed on: its row, what the services see, its page."""

    row: Endpoint
    endpoint: rollout.Endpoint
    now: datetime

    @property
    def name(self) -> rollout.EndpointName:
        return self.endpoint.method, self.endpoint.path_template

    def locked(self) -> rollout.Endpoint:
        """Return the endpoint as it is stored now, its row locked until the transaction ends."""
        list(Endpoint.objects.select_for_update(no_key=True).filter(pk=self.row.pk).order_by())
        return self.as_stored()

    def as_stored(self) -> rollout.Endpoint:
        return run_now(rollout.get_endpoint(self.name, store=stores.endpoints()))

    @property
    def page(self) -> str:
        return reverse("admin:endpoints_endpoint_change", args=[self.row.pk])

    @property
    def stage(self) -> str:
        return describe_stage(self.endpoint.stage, self.endpoint.percent)

    @property
    def facts(self) -> tuple[tuple[str, object], ...]:
        since = f"{self.endpoint.stage_since:%Y-%m-%d %H:%M} UTC"
        return (("Endpoint", self.endpoint.name), ("Stage", f"{self.stage}, since {since}"))

    def refusal_of(self, stage: Stage) -> str:
        """Return why it cannot go to this stage whatever the evidence says; empty when it can."""
        try:
            self.endpoint.check_stage(stage)
        except rollout.StageImpossible as refusal:
            return staff_message(refusal)
        return ""

    def evidence_for(self, stage: Stage) -> Evidence:
        return run_now(
            rollout.evidence_for(self.name, stage, now=self.now, store=stores.endpoints())
        )

    def override_title(self, button: str) -> str:
        """Return what a button is called where its usual name would mislead; else nothing."""
        match button, self.endpoint.stage:
            case "canary", Stage.CANARY:
                return "Change the share"
            case "to_edge", Stage.EDGE:
                return "Django as the shadow"
        return ""

    def is_next_step(self, button: str) -> bool:
        """Whether this button is the next step of the move."""
        target = self.endpoint.next_stage
        return target is not None and TARGET_STAGES.get(button) is target

    def is_available(self, button: str) -> bool:
        """Whether pressing this button could do anything now."""
        endpoint = self.endpoint
        has_both = endpoint.is_on_edge and endpoint.is_on_django
        match button:
            case "pin":
                return has_both or bool(endpoint.pins)
            case "budgets":
                return has_both
        target = TARGET_STAGES[button]
        match button:
            case "shadow":
                makes_sense = endpoint.stage is Stage.DJANGO
            case "step_back":
                makes_sense = endpoint.stage.is_ahead_of(Stage.SHADOW)
            case "to_edge":
                can_be_shadowed = endpoint.is_read and endpoint.is_on_django
                makes_sense = endpoint.stage is not Stage.EDGE or can_be_shadowed
            case "canary":
                makes_sense = True
            case _:
                makes_sense = endpoint.stage is not target
        return makes_sense and not self.refusal_of(target)


def evidence_facts(evidence: Evidence) -> tuple[tuple[str, object], ...]:
    """Return the verdict and what is lacking, for the page that asks; nothing when all is there."""
    if evidence.verdict is PromotionVerdict.READY:
        return ()
    lacking = format_html_join(SafeString("<br>"), "– {}", ((it,) for it in evidence.missing))
    return ("Evidence", evidence.verdict.value), ("Still lacking", lacking)
