"""``rollout pin`` and ``rollout budget``: adjust an endpoint within its stage, with a reason."""

import argparse
from dataclasses import replace

from django.utils import timezone

from core_site import stores
from core_site.rollout.callers import callers
from core_site.rollout.commands.arguments import (
    Subcommands,
    add_endpoint,
    add_reason,
    endpoint_name,
    history_actor,
    percentage,
    positive,
    ratio,
    text,
    whole_number,
)
from core_site.rollout.commands.exit_codes import CommandStopped, ExitCode
from core_site.rollout.commands.output import CommandOutput
from core_site.rollout.database import registry_alias
from core_site.rollout.documents.as_json import budget_as_json, endpoint_as_json
from core_site.transactions import in_one_transaction
from shared_domain import rollout
from shared_domain.rollout import MOST_GUARDED_CALLS, Endpoint, Side, Stage
from shared_domain.run_now import run_now

#: The options of ``budget`` that are fields of ``Budget``.
_LIMITS = (
    ("mismatches", "N", positive, "answers that differ"),
    ("errors", "N", positive, "failures of the edge"),
    ("latency_ratio", "R", ratio, "how many times as long as Django the edge may take"),
    ("tail_ratio", "R", ratio, "the same of the slowest hundredth of its calls"),
    ("timeout_ms", "MS", positive, "a call of the edge that takes longer is a time-out"),
    (
        "timeout_percent",
        "N",
        percentage,
        "percent of the recent calls of the edge that may be time-outs",
    ),
)

#: The options of ``budget`` that are fields of the endpoint.
_SAMPLING = (
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


def add_to(subcommands: Subcommands) -> None:
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
    for name, metavar, kind, help in _LIMITS:
        budget.add_argument(f"--{name.replace('_', '-')}", metavar=metavar, type=kind, help=help)
    for name, flag, kind, help in _SAMPLING:
        budget.add_argument(flag, dest=name, metavar="N", type=kind, help=help)
    add_reason(budget)


def _pin(options: argparse.Namespace) -> CommandOutput:
    name, store = endpoint_name(options), stores.endpoints()
    run_now(rollout.get_endpoint(name, store=store))
    caller = callers().find(options.partner)
    if caller is None:
        raise CommandStopped(
            f"no partner has the code {options.partner!r}; the admin lists them", ExitCode.REFUSED
        )
    side = None if options.side == "none" else Side(options.side)
    endpoint = in_one_transaction(
        lambda: run_now(
            rollout.pin_partner(
                name,
                caller,
                side,
                reason=options.reason,
                actor=history_actor(options),
                now=timezone.now(),
                store=store,
            )
        ),
        using=registry_alias(),
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
    given = {name: value for name, *_ in _LIMITS if (value := getattr(options, name)) is not None}
    sampling = {name: getattr(options, name) for name, *_ in _SAMPLING}
    if not given and all(value is None for value in sampling.values()):
        raise CommandStopped(
            "nothing to change: give --mismatches, --errors, --latency-ratio or --sample, or one "
            "of those that --help lists",
            ExitCode.USAGE,
        )
    name, store = endpoint_name(options), stores.endpoints()

    def change() -> Endpoint:
        # Locked first: a limit that is not given stays as it is, though another changes it now.
        locked = run_now(store.get_locked(name))
        return run_now(
            rollout.set_budget(
                name,
                budget=replace(locked.budget, **given) if locked else None,
                **sampling,
                reason=options.reason,
                actor=history_actor(options),
                now=timezone.now(),
                store=store,
            )
        )

    endpoint = in_one_transaction(change, using=registry_alias())
    budget = endpoint.budget
    return CommandOutput(
        document=endpoint_as_json(endpoint) | budget_as_json(budget),
        lines=[
            f"{endpoint.name}: {budget.mismatches} mismatches, {budget.errors} errors, "
            f"{budget.latency_ratio:g} times Django's latency; "
            f"{endpoint.sample_percent} % compared{_describe_guard(endpoint)}"
        ],
    )


def _describe_guard(endpoint: Endpoint) -> str:
    """Return how an endpoint is guarded, where it is not as usual."""
    if endpoint.is_guarded_as_usual:
        return ""
    if not endpoint.guarded_calls:
        return "; not guarded"
    return (
        f"; {endpoint.guarded_calls} calls of each status class guarded, then "
        f"{endpoint.guarded_percent} %"
    )
