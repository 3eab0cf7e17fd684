"""Why an endpoint's stage is not changed.

StageRefused
 ├── EndpointUnknown
 ├── StageImpossible
 ├── InvalidShare
 ├── ReasonMissing
 └── PromotionNotProven
"""

from collections.abc import Sequence

from shared_domain.refusals import RefusedToStaff


class StageRefused(RefusedToStaff):
    """A change of an endpoint is refused; nothing about the endpoint has changed.

    It has one door, staff's, whose command and board say the same sentence; so it stands here.
    ``field`` names the argument at fault.
    """

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field

    def __str__(self) -> str:
        return self.message


class EndpointUnknown(StageRefused):
    """Neither the edge nor Django has registered such an endpoint."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name} is not an endpoint that the edge or Django has registered; "
            "`rollout list` shows them all"
        )


class StageImpossible(StageRefused):
    """The half that would answer in a stage lacks the endpoint, or Django is still called."""

    def __init__(self, message: str) -> None:
        super().__init__(message, field="stage")


class InvalidShare(StageRefused):
    """A canary without a share of 1 to 100 percent, or a share in another stage."""


class ReasonMissing(StageRefused):
    """A change needs a reason, which the audit trail keeps."""

    def __init__(self) -> None:
        super().__init__("say why: a reason is required", field="reason")


class PromotionNotProven(StageRefused):
    """The evidence does not suffice for promotion, and it was not forced."""

    def __init__(self, verdict: str, missing: Sequence[str]) -> None:
        super().__init__(f"the promotion is not proven, {verdict}: {'; '.join(missing)}")
        self.verdict = verdict
        self.missing = tuple(missing)
