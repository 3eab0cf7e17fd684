"""``rollout set-stage``, ``pin`` and ``budget``: change an endpoint, with a recorded reason."""

import argparse
from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

from django.utils import timezone

from core_site import stores
from core_site.rollout.callers import callers, empty_canary_warning
from core_site.rollout.commands.arguments import (
    Subcommands,
    add_endpoint,
    add_reason,
    endpoint_name,
    history_actor,
    percentage,
    positive,
    ratio,
    stage,
    text,
    whole_number,
)
from core_site.rollout.commands.exit_codes import CommandStopped, ExitCode
from core_site.rollout.commands.output import CommandOutput, indent
from core_site.rollout.database import registry_alias
from core_site.rollout.documents.as_json import budget_as_json, endpoint_as_json
from core_site.rollout.models import StageChange
from core_site.transactions import in_one_transaction
from shared_domain import rollout
from shared_domain.rollout import MOST_GUARDED_CALLS, Budget, Endpoint, Side, Stage
from shared_domain.run_now import run_now

#: The options of ``budget``: a field of ``Budget`` or of the endpoint, its flag, type and help.
_OPTIONS = (
    ("mismatches", "--mismatches", positive, "answers that differ"),
    ("errors", "--errors", positive, "failures of the edge"),
    (
        "latency_ratio",
        "--latency-ratio",
        ratio,
        "how many times as long as Django the edge may take",
    ),
    ("tail_ratio", "--tail-ratio", ratio, "the same of the slowest hundredth of its calls"),
    (
        "timeout_ms",
        "--timeout-ms",
        positive,
        "a call of the edge that takes more milliseconds is a time-out",
    ),
    (
        "timeout_percent",
        "--timeout-percent",
        percentage,
        "percent of the recent calls of the edge that may be time-outs",
    ),
    ("sample_percent", "--sample", percentage, "percent of the calls that are compared"),
    (
        "guarded_calls",
        "--guarded-calls",
        whole_number(0, MOST_GUARDED_CALLS),
        "answers of each status class that must agree before those of a new build go out "
        "without being asked of Django; 0 switches the guard off",
    ),
    (
        "guarded_percent",
        "--guarded-percent",
        percentage,
        "percent of a canary's calls that stay guarded after that",
    ),
)

_LIMITS = frozenset(field.name for field in fields(Budget))


def add_to(subcommands: Subcommands) -> None:
    verb = subcommands.add(
        "set-stage",
        _set_stage,
        help="change who answers an endpoint; every process of the edge follows within a second",
        example="GET /v1/users canary --percent 1 --reason 'proven'",
    )
    add_endpoint(verb)
    verb.add_argument("stage", metavar="STAGE", type=stage, help=", ".join(Stage))
    verb.add_argument(
        "--percent",
        metavar="N",
        type=percentage,
        help="the canary's share of partners, 1 to 100; the first canary of a build: 1",
    )
    verb.add_argument(
        "--reverse-shadow", action="store_true",
        help="in stage edge: ask Django too, so that going back stays proven",
    )  # fmt: skip
    verb.add_argument(
        "--force", action="store_true",
        help="go ahead without the evidence; the history says so",
    )  # fmt: skip
    add_reason(verb)
    pin = subcommands.add(
        "pin",
        _pin,
        help="keep a partner on one side while the endpoint is a canary, or let it go again",
        example="GET '/v1/users/{id}' alpine django --reason 'peak season'",
    )
    add_endpoint(pin)
    pin.add_argument("partner", metavar="PARTNER_CODE", type=text, help="as in the admin")
    pin.add_argument(
        "side", choices=(*Side, "none"), metavar="|".join((*Side, "none")),
        help="who answers this partner; none: as all others",
    )  # fmt: skip
    add_reason(pin)
    budget = subcommands.add(
        "budget",
        _budget,
        help="change what an endpoint may cost before it is rolled back, or how much is compared",
        example="GET '/v1/users/{id}' --sample 20 --reason 'it is busy'",
    )
    add_endpoint(budget)
    for name, flag, kind, help in _OPTIONS:
        budget.add_argument(flag, dest=name, metavar="N", type=kind, help=help)
    add_reason(budget)


def _change(
    options: argparse.Namespace, service: Callable[..., Any], *arguments: Any, **more: Any
) -> Any:
    """Run a service on the endpoint that was named, with who changes it, when and why."""
    return run_now(
        service(
            endpoint_name(options),
            *arguments,
            reason=options.reason,
            actor=history_actor(options),
            now=timezone.now(),
            store=stores.endpoints(),
            **more,
        )
    )


def _set_stage(options: argparse.Namespace) -> CommandOutput:
    def change() -> tuple[Endpoint, StageChange]:
        changed = _change(
            options,
            rollout.set_stage,
            options.stage,
            percent=options.percent,
            is_reverse_shadowed=options.reverse_shadow,
            is_forced=options.force,
        )
        return changed, StageChange.objects.filter(endpoint_id=changed.id).latest("id")

    endpoint, entry = in_one_transaction(change, using=registry_alias())
    forced = ", forced: the evidence was missing, and the history says so"
    warning = empty_canary_warning(endpoint)
    recorded = ("from_stage", "from_percent", "is_forced", "actor")
    return CommandOutput(
        document=endpoint_as_json(endpoint) | {name: getattr(entry, name) for name in recorded},
        lines=[
            f"{endpoint.name}: {entry.describe()}{forced if entry.is_forced else ''}",
            *([indent(warning, 2, hanging=0)] if warning else []),
        ],
    )


def _pin(options: argparse.Namespace) -> CommandOutput:
    run_now(rollout.get_endpoint(endpoint_name(options), store=stores.endpoints()))
    caller = callers().find(options.partner)
    if caller is None:
        raise CommandStopped(
            f"no partner has the code {options.partner!r}; the admin lists them", ExitCode.REFUSED
        )
    side = None if options.side == "none" else Side(options.side)
    endpoint = in_one_transaction(
        lambda: _change(options, rollout.pin_partner, caller, side), using=registry_alias()
    )
    pinned = f"pinned to {side}" if side else "no longer pinned"
    is_canary = endpoint.stage is Stage.CANARY
    waiting = "" if is_canary else f"; it counts in a canary, not in {endpoint.stage}"
    return CommandOutput(
        document={
            "method": endpoint.method,
            "path_template": endpoint.path_template,
            "partner": options.partner,
            "side": side,
        },
        lines=[f"{endpoint.name}: {options.partner} is {pinned}{waiting}"],
    )


def _budget(options: argparse.Namespace) -> CommandOutput:
    given = {name: value for name, *_ in _OPTIONS if (value := getattr(options, name)) is not None}
    if not given:
        raise CommandStopped(
            "nothing to change: give --mismatches, --errors, --latency-ratio or --sample, or one "
            "of those that --help lists"
        )
    limits = {limit: given.pop(limit) for limit in _LIMITS & given.keys()}

    def change() -> Endpoint:
        # Locked first: a limit that is not given stays as it is, though another changes it now.
        locked = run_now(stores.endpoints().get_locked(endpoint_name(options)))
        budget = replace(locked.budget, **limits) if locked else None
        changed: Endpoint = _change(options, rollout.set_budget, budget=budget, **given)
        return changed

    endpoint = in_one_transaction(change, using=registry_alias())
    return CommandOutput(
        document=endpoint_as_json(endpoint) | budget_as_json(endpoint.budget),
        lines=[f"{endpoint.name}: {rollout.describe_budget(endpoint)}"],
    )
