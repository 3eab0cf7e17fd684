"""Endpoints: who answers a method and a path, while it moves from Django to FastAPI.

    django ──▶ shadow ──▶ canary n% ──▶ edge ──▶ retired
       ◀──────────┴───────────┴──────────┘

    django    Django answers
    shadow    Django answers; the edge's answer is computed for a sample, and compared
    canary    the edge answers some partners, Django the rest; compared; a failure falls back
    edge      the edge answers; Django may be the shadow
    retired   the edge answers; Django's view is gone

In ``canary`` and ``edge`` the first calls of a build are guarded (``guard.py``): both are asked,
and the edge's answer goes out only if it agrees. Any step back is possible at once, by hand or
because a budget is spent. A step forward asks for evidence (``evidence.py``); ``parity`` says when
two answers are the same.
"""

from shared_domain.parity.anonymise import sanitised_json
from shared_domain.parity.comparison import compare
from shared_domain.parity.confirmation import (
    NOISE_KEPT_FOR,
    Judgement,
    NoiseMemory,
    judge,
    without_noise,
)
from shared_domain.parity.differences import Difference, Kind
from shared_domain.parity.fault_injection import passes_self_test, with_injected_difference
from shared_domain.parity.instability import (
    changed_groups,
    unexplained_differences,
    unstable_differences,
)
from shared_domain.parity.outcomes import TOO_MANY_EFFECTS, Answer, Effect, Outcome
from shared_domain.parity.redaction import redacted
from shared_domain.parity.rules import NO_RULES, As, Rule, Rules
from shared_domain.rollout.builds import (
    BEFORE_BUILDS,
    LIVE_FOR,
    LONGEST_RELEASE,
    UNKNOWN_RELEASE,
    Build,
    BuildId,
    effects_token,
    fingerprint_of,
    is_release,
    loaded_modules,
    release_token,
)
from shared_domain.rollout.coverage import ANSWERS_ONLY, UNSEEN, covered_by, unseen_columns
from shared_domain.rollout.errors import (
    EndpointUnknown,
    EvidenceMissing,
    ReasonMissing,
    ShareUnusable,
    StageImpossible,
    StageRefused,
)
from shared_domain.rollout.evidence import (
    EVIDENCE_KEPT_FOR,
    FIRST_CANARY_PERCENT,
    FOREIGN_DATA,
    Covered,
    Evidence,
    Seen,
    Verdict,
    is_unproven,
    weigh,
    weigh_builds,
)
from shared_domain.rollout.guard import (
    Guarded,
    guard_in_words,
    has_agreed,
    is_guarded,
    lacking_of_guard,
    may_be_guarded,
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
    path_shape,
)
from shared_domain.rollout.services import (
    BUDGET,
    MOST_GUARDED_CALLS,
    EndpointName,
    EndpointStore,
    evidence_for,
    get_endpoint,
    list_endpoints,
    note_site_call,
    pin_partner,
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
    "note_site_call",
    "pin_partner",
    "register_endpoints",
    "roll_back_to_django",
    "set_budget",
    "set_stage",
    "spend_budget",
    "is_unproven",
    "guard_in_words",
    "has_agreed",
    "is_guarded",
    "lacking_of_guard",
    "may_be_guarded",
    "weigh",
    "weigh_builds",
    # With what
    "BUDGET",
    "MOST_GUARDED_CALLS",
    "ANSWERS_ONLY",
    "Budget",
    "CallerName",
    "Endpoint",
    "EndpointId",
    "EndpointName",
    "EndpointStore",
    "Covered",
    "FOREIGN_DATA",
    "EVIDENCE_KEPT_FOR",
    "Evidence",
    "FIRST_CANARY_PERCENT",
    "LONGEST_CALLER_NAME",
    "Guarded",
    "Latencies",
    "Seen",
    "Side",
    "Stage",
    "StageChange",
    "Verdict",
    "path_shape",
    # Which programs it speaks for
    "BEFORE_BUILDS",
    "Build",
    "BuildId",
    "LIVE_FOR",
    "LONGEST_RELEASE",
    "UNKNOWN_RELEASE",
    "effects_token",
    "fingerprint_of",
    "is_release",
    "loaded_modules",
    "release_token",
    # When two answers are the same
    "changed_groups",
    "TOO_MANY_EFFECTS",
    "compare",
    "UNSEEN",
    "covered_by",
    "unseen_columns",
    "judge",
    "passes_self_test",
    "redacted",
    "sanitised_json",
    "unexplained_differences",
    "unstable_differences",
    "with_injected_difference",
    "without_noise",
    "Answer",
    "As",
    "Difference",
    "Effect",
    "Judgement",
    "Kind",
    "NOISE_KEPT_FOR",
    "NO_RULES",
    "NoiseMemory",
    "Outcome",
    "Rule",
    "Rules",
    # What can be refused
    "StageRefused",
    "EndpointUnknown",
    "EvidenceMissing",
    "ReasonMissing",
    "ShareUnusable",
    "StageImpossible",
]
