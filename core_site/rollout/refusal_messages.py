"""The messages of the rollout's refusals, which the command and the board share.

They begin in lower case, as the command prints them behind its own word; the board makes sentences.
"""

from typing import NamedTuple

from shared_domain import rollout
from shared_domain.quantities import format_quantity
from shared_domain.rollout import ShareProblem


class StageMessage(NamedTuple):
    """A message; ``field`` names the argument, or the form's field, at fault, if there is one."""

    text: str
    field: str | None = None


def stage_message(refusal: rollout.StageRefused) -> StageMessage:
    """Return the message of a refusal.

    Raises:
        LookupError: there are no words for a refusal of this class.
    """
    match refusal:
        case rollout.EndpointUnknown(endpoint):
            return StageMessage(
                f"{endpoint} is not an endpoint that the edge or Django has registered; "
                "`rollout list` shows them all"
            )
        case rollout.StageImpossible():
            return StageMessage(_say_impossible(refusal), "stage")
        case rollout.InvalidShare():
            return _share_message(refusal)
        case rollout.ReasonMissing():
            return StageMessage("say why: a reason is required", "reason")
        case rollout.PromotionNotProven(verdict, missing):
            return StageMessage(f"the promotion is not proven, {verdict}: {'; '.join(missing)}")
    raise LookupError(f"no words for {type(refusal).__name__}")


def _say_impossible(refusal: rollout.StageImpossible) -> str:
    endpoint, stage = refusal.endpoint, refusal.stage
    match refusal.reason:
        case rollout.HalfLacksEndpoint(side) if stage is None:
            return f"the {side} side does not have {endpoint}"
        case rollout.HalfLacksEndpoint(side):
            half = "Django" if side == rollout.Side.DJANGO else "the edge"
            return f"{stage}: {half} does not have {endpoint}"
        case rollout.NotInStageEdge(now):
            return f"{stage}: {endpoint} is in {now}; bring it to edge first"
        case rollout.DjangoStillCalled(last_at):
            return (
                f"{stage}: Django still receives calls of {endpoint}, the last on "
                f"{last_at:%Y-%m-%d at %H:%M:%S} UTC; not all calls go through the edge"
            )
        case rollout.NotShadowable():
            return "only a read in stage edge that Django has can be shadowed by it"
        case rollout.WritesElsewhere():
            return f"{stage}: {rollout.WRITES_ELSEWHERE}"


def _share_message(refusal: rollout.InvalidShare) -> StageMessage:
    match refusal.problem:
        case ShareProblem.CANARY:
            text, field = "a canary needs a share of 1 to 100 percent", "percent"
        case ShareProblem.NO_CANARY:
            text, field = f"{refusal.stage} has no share; only a canary does", "percent"
        case ShareProblem.SAMPLE:
            text, field = "the sample is 0 to 100 percent of the calls", "sample_percent"
        case ShareProblem.GUARDED_PERCENT:
            text, field = "from 0 to 100 percent of the calls stay guarded", "guarded_percent"
        case ShareProblem.GUARDED_CALLS:
            most = format_quantity(refusal.most, "call")
            text = f"from 0 to {most} of each status class are guarded"
            field = "guarded_calls"
        case ShareProblem.BUDGET:
            text, field = "a budget must be above 0", "budget"
    return StageMessage(text, field)
