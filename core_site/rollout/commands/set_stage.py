"""``rollout set-stage``, ``pin`` and ``budget``: every change says why, and by whom."""

import argparse
from dataclasses import replace

from django.utils import timezone

from core_site import stores
from core_site.rollout.callers import callers, empty_canary_warning
from core_site.rollout.commands.arguments import (
    Subcommands,
    add_endpoint,
    add_reason,
    add_sides,
    at_least_none,
    at_least_one,
    endpoint_name,
    history_actor,
    percentage,
    ratio,
    stage,
    text,
)
from core_site.rollout.commands.documents import (
    describe_stage,
    endpoint_as_document,
    load_endpoint,
    tail_budget,
)
from core_site.rollout.commands.exit_codes import CommandStopped, ExitCode
from core_site.rollout.commands.output import CommandOutput, wrap
from core_site.rollout.database import registry_alias
from core_site.rollout.models import StageChange
from core_site.transactions import in_one_transaction
from shared_domain import rollout
from shared_domain.rollout import Budget, Endpoint, Side, Stage
from shared_domain.run_now import run_now


def add_to(verbs: Subcommands) -> None:
    _add_set_stage(verbs)
    _add_pin(verbs)
    _add_budget(verbs)


def _add_set_stage(verbs: Subcommands) -> None:
    verb = verbs.add(
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


def _add_pin(verbs: Subcommands) -> None:
    verb = verbs.add(
        "pin",
        _pin,
        help="keep a partner on one side while the endpoint is a canary, or let it go again",
        example="GET '/v1/users/{id}' alpine django --reason 'peak season'",
    )
    add_endpoint(verb)
    verb.add_argument("partner", metavar="PARTNER_CODE", type=text, help="as in the admin")
    add_sides(verb, "side", (*Side, "none"), "who answers this partner; none: as all others")
    add_reason(verb)


def _add_budget(verbs: Subcommands) -> None:
    verb = verbs.add(
        "budget",
        _budget,
        help="change what an endpoint may cost before it steps back, or how much is compared",
        example="GET '/v1/users/{id}' --sample 20 --reason 'it is busy'",
    )
    add_endpoint(verb)
    verb.add_argument("--mismatches", metavar="N", type=at_least_one, help="answers that differ")
    verb.add_argument("--errors", metavar="N", type=at_least_one, help="failures of the edge")
    verb.add_argument(
        "--latency-ratio", metavar="R", type=ratio,
        help="how many times as long as Django the edge may take",
    )  # fmt: skip
    verb.add_argument(
        "--tail-ratio", metavar="R", type=ratio,
        help="the same of the slowest hundredth of its calls",
    )  # fmt: skip
    verb.add_argument(
        "--timeout-ms", metavar="MS", type=at_least_one,
        help="a call of the edge that takes longer is a time-out",
    )  # fmt: skip
    verb.add_argument(
        "--timeout-percent", metavar="N", type=percentage,
        help="percent of the recent calls of the edge that may be time-outs",
    )  # fmt: skip
    verb.add_argument(
        "--sample", metavar="N", type=percentage, help="percent of the calls that are compared"
    )
    verb.add_argument(
        "--guarded-calls", metavar="N", type=at_least_none,
        help="answers of each status class that must agree before those of a new build go out "
        "without being asked of Django; 0 switches the guard off",
    )  # fmt: skip
    verb.add_argument(
        "--guarded-percent", metavar="N", type=percentage,
        help="percent of a canary's calls that stay guarded after that",
    )  # fmt: skip
    add_reason(verb)


def _set_stage(options: argparse.Namespace) -> CommandOutput:
    name, now, store = endpoint_name(options), timezone.now(), stores.endpoints()

    def change() -> tuple[Endpoint, StageChange]:
        after = run_now(
            rollout.set_stage(
                name,
                options.stage,
                percent=options.percent,
                is_reverse_shadowed=options.reverse_shadow,
                reason=options.reason,
                actor=history_actor(options),
                is_forced=options.force,
                now=now,
                store=store,
            )
        )
        return after, StageChange.objects.filter(endpoint_id=after.id).latest("id")

    after, change_made = in_one_transaction(change, using=registry_alias())
    before = describe_stage(change_made.from_stage, change_made.from_percent)
    reached = describe_stage(after.stage, after.percent)
    forced = ", forced: the evidence was missing, and the history says so"
    return CommandOutput(
        document=endpoint_as_document(after)
        | {
            "from_stage": change_made.from_stage,
            "from_percent": change_made.from_percent,
            "is_forced": change_made.is_forced,
            "actor": change_made.actor,
        },
        lines=wrap(
            f"{after.name}: {before} to {reached}{forced if change_made.is_forced else ''}",
            hanging="  ",
        )
        + wrap(empty_canary_warning(after), indent="  "),
    )


def _pin(options: argparse.Namespace) -> CommandOutput:
    name, store = endpoint_name(options), stores.endpoints()
    load_endpoint(name)
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
    to = f"pinned to {side}" if side else "no longer pinned"
    waiting = (
        ""
        if endpoint.stage is Stage.CANARY
        else f"; it counts in a canary, not in {endpoint.stage}"
    )
    return CommandOutput(
        document={
            "method": endpoint.method,
            "path_template": endpoint.path_template,
            "partner": options.partner,
            "side": side,
        },
        lines=[f"{endpoint.name}: {options.partner} is {to}{waiting}"],
    )


def _budget(options: argparse.Namespace) -> CommandOutput:
    given = {
        field: value
        for field in (
            "mismatches",
            "errors",
            "latency_ratio",
            "tail_ratio",
            "timeout_ms",
            "timeout_percent",
        )
        if (value := getattr(options, field)) is not None
    }
    others = {
        "sample_percent": options.sample,
        "guarded_calls": options.guarded_calls,
        "guarded_percent": options.guarded_percent,
    }
    if not given and all(value is None for value in others.values()):
        raise CommandStopped(
            "nothing to change: give --mismatches, --errors, --latency-ratio or --sample, or one "
            "of those that --help lists",
            ExitCode.USAGE,
        )
    name, store = endpoint_name(options), stores.endpoints()

    def change() -> Endpoint:
        # Locked first: what is not named stays as it is, whoever changes it meanwhile.
        locked = run_now(store.get_locked(name))
        return run_now(
            rollout.set_budget(
                name,
                budget=replace(locked.budget, **given) if locked else None,
                **others,
                reason=options.reason,
                actor=history_actor(options),
                now=timezone.now(),
                store=store,
            )
        )

    after = in_one_transaction(change, using=registry_alias())
    return CommandOutput(
        document=endpoint_as_document(after)
        | {"budget": _as_document(after.budget), "tail_budget": tail_budget(after.budget)},
        lines=[
            f"{after.name}: {after.budget.mismatches} mismatches, {after.budget.errors} errors, "
            f"{after.budget.latency_ratio:g} times Django's latency; "
            f"{after.sample_percent} % compared{_guard_in_words(after)}"
        ],
    )


def _guard_in_words(endpoint: Endpoint) -> str:
    """Return how an endpoint is guarded, where it is not as usual."""
    if endpoint.is_guarded_as_usual:
        return ""
    if not endpoint.guarded_calls:
        return "; not guarded"
    return (
        f"; {endpoint.guarded_calls} calls of each status class guarded, then "
        f"{endpoint.guarded_percent} %"
    )


def _as_document(budget: Budget) -> dict[str, float]:
    return {
        "mismatches": budget.mismatches,
        "errors": budget.errors,
        "latency_ratio": budget.latency_ratio,
    }
