"""Why an endpoint's stage is not changed.

StageRefused
 ├── EndpointUnknown
 ├── StageImpossible
 ├── InvalidShare
 ├── ReasonMissing
 └── PromotionNotProven
"""

from collections.abc import Sequence

from shared_domain.refusals import Refused


class StageRefused(Refused):
    """A change that is turned down; nothing about the endpoint has changed."""


class EndpointUnknown(StageRefused):
    """Neither half has registered such an endpoint."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name} is not an endpoint that the edge or the site has registered; "
            "`rollout list` shows them all"
        )


class StageImpossible(StageRefused):
    """The stage asks for an answer from a half that has none to give, or that is still in use."""

    def __init__(self, message: str) -> None:
        super().__init__(message, field="stage")


class InvalidShare(StageRefused):
    """A canary without a share, a share without a canary, or a share that is none."""


class ReasonMissing(StageRefused):
    """Every change says why, for whoever reads the history."""

    def __init__(self) -> None:
        super().__init__("say why: a reason is required", field="reason")


class PromotionNotProven(StageRefused):
    """Too little has been compared, or too much differed, to go forward without force."""

    def __init__(self, verdict: str, missing: Sequence[str]) -> None:
        super().__init__(f"the step forward is not proven, {verdict}: {'; '.join(missing)}")
        self.verdict = verdict
        self.missing = tuple(missing)
