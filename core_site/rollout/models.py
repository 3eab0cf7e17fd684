"""The models of a rollout: endpoints with their stages, pins and history.

Every rule is in ``shared_domain.rollout``, and only its services write stages. The evidence that
the edge writes is in ``evidence_models``.
"""

from typing import Any

import pgtrigger
from django.db import models
from django.db.models import Q

from core_site.rollout import evidence_models  # noqa: F401  (Django looks for models here)
from shared_domain import rollout
from shared_domain.rollout import LONGEST_CALLER_NAME, Side, Stage
from shared_domain.rollout.wire import ENDPOINT_CHANNEL

STAGES = [(stage.value, stage.value) for stage in Stage]
SIDES = [(side.value, side.value) for side in Side]

# Edge processes listen here and read all stages anew: see api_edge/rollout/stage_cache.py.
# The columns that count something are left out: they change with the traffic.
NOTIFY = f"PERFORM pg_notify('{ENDPOINT_CHANNEL}', ''); RETURN NULL;"
ROUTING_COLUMNS = (
    *("method", "path_template", "is_on_edge", "is_on_site", "stage", "stage_since", "percent"),
    *("salt", "sample_percent", "is_reverse_shadowed", "most_mismatches", "most_errors"),
    *("most_latency_ratio", "most_tail_ratio", "timeout_ms", "most_timeout_percent"),
    *("guarded_calls", "guarded_percent"),
)


def _notify_edge(operation: Any) -> pgtrigger.Trigger:
    return pgtrigger.Trigger(
        name="notify_edge",
        when=pgtrigger.After,
        level=pgtrigger.Statement,
        operation=operation,
        func=NOTIFY,
    )


# The edge's role may roll back, and never promote, whichever statement it is made to run: the
# services promise the same of spend_budget and roll_back_to_django. A role that cannot pin callers
# is the edge's; where both halves share a role, this refuses nothing. By session_user, because
# core_site/history lets triggers run as the owner of the tables.
ALLOW_STAFF = """
    IF has_table_privilege(session_user, format('%I.endpoints_pin', TG_TABLE_SCHEMA), 'DELETE') THEN
        RETURN NEW;
    END IF;
"""
RAISE_PRIVILEGE_ERROR = """
    RAISE EXCEPTION '% may only roll an endpoint back', session_user
        USING ERRCODE = 'insufficient_privilege';
"""
ALLOW_ROLLBACK_ONLY = f"""
    {ALLOW_STAFF}
    IF TG_OP = 'INSERT' AND NEW.stage = 'edge' AND NOT NEW.is_on_site
       OR TG_OP = 'UPDATE'
          AND array_position(stages, NEW.stage) <= array_position(stages, OLD.stage)
          AND NOT (OLD.stage = 'retired' AND NEW.stage <> 'retired')
          AND NEW.percent <= OLD.percent
          AND to_jsonb(NEW) - counted_or_rolled_back = to_jsonb(OLD) - counted_or_rolled_back
    THEN
        -- Two endpoints of one path would let either be answered by the stage of the other.
        IF NEW.path_shape = regexp_replace(NEW.path_template, '[{{][^}}]*[}}]', '{{}}', 'g') THEN
            RETURN NEW;
        END IF;
    END IF;
    {RAISE_PRIVILEGE_ERROR}
"""
# REGISTER_DJANGO leaves a stage that a change in this log has decided on.
ALLOW_TRUE_HISTORY_ONLY = f"""
    {ALLOW_STAFF}
    IF array_position(stages, NEW.to_stage) <= array_position(stages, NEW.from_stage)
       AND EXISTS (SELECT FROM endpoints_endpoint e
                    WHERE e.id = NEW.endpoint_id AND e.stage = NEW.to_stage) THEN
        RETURN NEW;
    END IF;
    {RAISE_PRIVILEGE_ERROR}
"""
STAGES_IN_ORDER = ("stages", f"text[] := ARRAY{[stage.value for stage in Stage]}")
#: What the edge changes of an endpoint that exists.
EDGE_WRITABLE_COLUMNS = [
    *("stage", "stage_since", "percent", "mismatches", "errors", "retired_calls"),
    *("is_on_edge", "path_template", "site_called_at", "self_test_at", "self_test_passed"),
]


class Endpoint(models.Model):
    """An endpoint, by method and path template, with its stage and its error budget.

    Three columns keep an older word for Django, ``is_on_site``, ``site`` and ``site_called_at``:
    while a release rolls out, processes of the one before read and write them by these names.
    """

    method = models.CharField(max_length=16)
    path_template = models.CharField(max_length=500)
    #: The template with its parameters' names left out: the two halves need not agree on them.
    path_shape = models.CharField(max_length=500)
    is_on_edge = models.BooleanField("on the edge", default=False)
    is_on_django = models.BooleanField("served by Django", default=False, db_column="is_on_site")
    #: Which upstream registered it: several may stand behind one edge, each with its endpoints.
    upstream = models.CharField(max_length=100, default="", db_default="", db_column="site")
    stage = models.CharField(max_length=16, choices=STAGES)
    stage_since = models.DateTimeField()
    percent = models.PositiveSmallIntegerField(default=0)
    salt = models.CharField(max_length=32)
    sample_percent = models.PositiveSmallIntegerField(default=100)
    is_reverse_shadowed = models.BooleanField(default=False)
    most_mismatches = models.PositiveIntegerField(default=5)
    most_errors = models.PositiveIntegerField(default=3)
    most_latency_ratio = models.FloatField(default=3.0)
    # Defaults of the database, here and below: the release before writes these rows as well.
    most_tail_ratio = models.FloatField(default=5.0, db_default=5.0)
    timeout_ms = models.PositiveIntegerField(default=1000, db_default=1000)
    most_timeout_percent = models.PositiveSmallIntegerField(default=5, db_default=5)
    guarded_calls = models.PositiveIntegerField(default=100, db_default=100)
    guarded_percent = models.PositiveSmallIntegerField(default=5, db_default=5)
    mismatches = models.PositiveIntegerField(default=0)
    errors = models.PositiveIntegerField(default=0)
    django_called_at = models.DateTimeField(null=True, db_column="site_called_at")
    retired_calls = models.PositiveIntegerField(default=0)
    # Written by the release before: see ``SelfTest``.
    self_test_at = models.DateTimeField(null=True)
    self_test_passed = models.BooleanField(null=True)

    class Meta:
        ordering = ["path_template", "method"]
        constraints = [
            models.UniqueConstraint(fields=["method", "path_shape"], name="endpoint_is_one"),
            models.CheckConstraint(
                condition=Q(stage__in=[stage.value for stage in Stage]), name="endpoint_stage_known"
            ),
            models.CheckConstraint(
                condition=Q(stage="canary", percent__gte=1, percent__lte=100)
                | (~Q(stage="canary") & Q(percent=0)),
                name="endpoint_percent_of_canary",
            ),
            models.CheckConstraint(
                condition=Q(sample_percent__lte=100), name="endpoint_sample_percent"
            ),
            models.CheckConstraint(
                condition=Q(guarded_percent__lte=100), name="endpoint_guarded_percent"
            ),
        ]
        triggers = [
            _notify_edge(
                pgtrigger.Insert | pgtrigger.Delete | pgtrigger.UpdateOf(*ROUTING_COLUMNS)
            ),
            pgtrigger.Trigger(
                name="rolls_back_only",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                declare=[
                    STAGES_IN_ORDER,
                    ("counted_or_rolled_back", f"text[] := ARRAY{EDGE_WRITABLE_COLUMNS}"),
                ],
                func=ALLOW_ROLLBACK_ONLY,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.method} {self.path_template}"


class Pin(models.Model):
    """A caller that Django, or the edge, always answers while the endpoint is a canary."""

    endpoint = models.ForeignKey(Endpoint, models.CASCADE, related_name="pins")
    #: The caller's name: a partner's id, or what ``PORTICO_IDENTIFY_CALLER`` returns for a call.
    #: Not a foreign key, so that the app needs no other table than its own.
    partner_id = models.CharField(max_length=LONGEST_CALLER_NAME)
    side = models.CharField(max_length=8, choices=SIDES)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["endpoint", "partner_id"], name="pin_of_partner")
        ]
        triggers = [_notify_edge(pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.partner_id} on {self.side}"


class StageChange(models.Model):
    """An entry of an endpoint's append-only history: who changed what, when and why."""

    endpoint = models.ForeignKey(Endpoint, models.CASCADE, related_name="changes")
    at = models.DateTimeField()
    actor = models.CharField(max_length=200)
    from_stage = models.CharField(max_length=16, choices=STAGES)
    from_percent = models.PositiveSmallIntegerField()
    to_stage = models.CharField(max_length=16, choices=STAGES)
    to_percent = models.PositiveSmallIntegerField()
    reason = models.TextField()
    is_forced = models.BooleanField(default=False)

    class Meta:
        ordering = ["-at", "-id"]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
            pgtrigger.Trigger(
                name="records_what_is",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                declare=[STAGES_IN_ORDER],
                func=ALLOW_TRUE_HISTORY_ONLY,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.describe()}: {self.reason}"

    def describe(self) -> str:
        """Return ``shadow to canary 10 %``, or the stage alone when a pin or budget changed."""
        before = rollout.describe_stage(self.from_stage, self.from_percent)
        after = rollout.describe_stage(self.to_stage, self.to_percent)
        return f"{before} to {after}" if self.changes_stage else after

    @property
    def changes_stage(self) -> bool:
        """Whether the stage or the canary's share changed, rather than a pin or a budget."""
        return (self.from_stage, self.from_percent) != (self.to_stage, self.to_percent)

    @property
    def is_automatic(self) -> bool:
        """Whether the edge rolled back by itself; the reason says why."""
        return self.actor == rollout.BUDGET_ACTOR
