"""Rollout: move an endpoint from Django to the edge in stages, each proven by comparing responses.

    django ──▶ shadow ──▶ canary n% ──▶ edge ──▶ retired
       ◀──────────┴───────────┴──────────┘

    django    Django answers
    shadow    Django answers; the edge's response to a sample of calls is compared
    canary    the edge answers some partners, Django the rest; compared; failures fall back
    edge      the edge answers; Django may be the shadow
    retired   the edge answers; Django's view is gone

In ``canary`` and ``edge`` the first calls of a new build are guarded (``guard``): both halves are
asked, and the edge's response goes out only if it agrees. Promotion needs evidence (``evidence``).
Rolling back is always possible, by hand or because an error budget is spent. ``wire`` is what the
edge and Django say to each other, ``shared_domain.parity`` compares.
"""

from shared_domain.parity.anonymise import anonymised_json
from shared_domain.parity.comparison import compare
from shared_domain.parity.confirmation import (
    NOISE_KEPT_FOR,
    Confirmation,
    NoiseMemory,
    changed_groups,
    confirm_differences,
    drop_noise,
    unexplained_differences,
    unstable_differences,
)
from shared_domain.parity.differences import Difference, Kind
from shared_domain.parity.fault_injection import passes_self_test
from shared_domain.parity.outcomes import TOO_MANY_EFFECTS, Effect, Outcome, Response
from shared_domain.parity.redaction import redact
from shared_domain.parity.rules import NO_RULES, Match, Rule, Rules
from shared_domain.rollout.builds import (
    BEFORE_BUILDS,
    LIVE_FOR,
    LONGEST_RELEASE,
    UNKNOWN_RELEASE,
    Build,
    BuildId,
    is_valid_release,
    loaded_modules,
    source_fingerprint,
)
from shared_domain.rollout.coverage import ANSWERS_ONLY, UNSEEN, coverage_tokens, unseen_columns
from shared_domain.rollout.errors import (
    DjangoStillCalled,
    EndpointUnknown,
    HalfLacksEndpoint,
    InvalidShare,
    NotInStageEdge,
    NotShadowable,
    PromotionNotProven,
    ReasonMissing,
    ShareProblem,
    StageImpossible,
    StageRefused,
    WritesElsewhere,
)
from shared_domain.rollout.evidence import (
    EVIDENCE_KEPT_FOR,
    FIRST_CANARY_PERCENT,
    WRITES_ELSEWHERE,
    CoverageCount,
    Evidence,
    ParityStats,
    PromotionVerdict,
    assess_builds,
    assess_promotion,
    is_unproven,
)
from shared_domain.rollout.guard import (
    GuardCount,
    describe_guard,
    has_agreed,
    is_guarded,
    may_be_guarded,
    missing_guard_evidence,
)
from shared_domain.rollout.latency import Latencies
from shared_domain.rollout.model import (
    LONGEST_CALLER_NAME,
    Budget,
    CallerName,
    Endpoint,
    EndpointId,
    Side,
    Stage,
    StageChange,
    describe_stage,
    path_shape,
)
from shared_domain.rollout.services import (
    BUDGET_ACTOR,
    MOST_GUARDED_CALLS,
    EndpointName,
    describe_budget,
    evidence_for,
    get_endpoint,
    list_endpoints,
    pin_partner,
    record_django_call,
    register_endpoints,
    roll_back_to_django,
    set_budget,
    set_stage,
    spend_budget,
)

__all__ = [
    # What can be done
    "evidence_for",
    "get_endpoint",
    "list_endpoints",
    "record_django_call",
    "pin_partner",
    "register_endpoints",
    "roll_back_to_django",
    "set_budget",
    "set_stage",
    "spend_budget",
    "is_unproven",
    "describe_budget",
    "describe_guard",
    "has_agreed",
    "is_guarded",
    "missing_guard_evidence",
    "may_be_guarded",
    "assess_promotion",
    "assess_builds",
    # With what
    "BUDGET_ACTOR",
    "MOST_GUARDED_CALLS",
    "ANSWERS_ONLY",
    "Budget",
    "CallerName",
    "Endpoint",
    "EndpointId",
    "EndpointName",
    "CoverageCount",
    "EVIDENCE_KEPT_FOR",
    "Evidence",
    "FIRST_CANARY_PERCENT",
    "LONGEST_CALLER_NAME",
    "GuardCount",
    "Latencies",
    "ParityStats",
    "Side",
    "Stage",
    "StageChange",
    "PromotionVerdict",
    "describe_stage",
    "path_shape",
    # Which builds the evidence is about
    "BEFORE_BUILDS",
    "Build",
    "BuildId",
    "LIVE_FOR",
    "LONGEST_RELEASE",
    "UNKNOWN_RELEASE",
    "source_fingerprint",
    "is_valid_release",
    "loaded_modules",
    # When two answers are the same
    "changed_groups",
    "TOO_MANY_EFFECTS",
    "compare",
    "UNSEEN",
    "coverage_tokens",
    "unseen_columns",
    "confirm_differences",
    "passes_self_test",
    "redact",
    "anonymised_json",
    "unexplained_differences",
    "unstable_differences",
    "drop_noise",
    "Response",
    "Match",
    "Difference",
    "Effect",
    "Confirmation",
    "Kind",
    "NOISE_KEPT_FOR",
    "NO_RULES",
    "NoiseMemory",
    "Outcome",
    "Rule",
    "Rules",
    # What can be refused
    "WRITES_ELSEWHERE",
    "StageRefused",
    "EndpointUnknown",
    "PromotionNotProven",
    "ReasonMissing",
    "InvalidShare",
    "ShareProblem",
    "StageImpossible",
    "HalfLacksEndpoint",
    "NotInStageEdge",
    "DjangoStillCalled",
    "NotShadowable",
    "WritesElsewhere",
]
