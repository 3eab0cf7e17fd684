"""Every command of the tutorial MOVING_AN_ENDPOINT.md prints what the tutorial shows."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager

from tests.harness.databases import ROOT, DemoDatabase
from tests.tutorial.follower import tutorial_follower
from tests.tutorial.same_output import shows_same
from tests.tutorial.steps import Command, read_steps

TUTORIAL = ROOT / "api_edge" / "rollout" / "MOVING_AN_ENDPOINT.md"


def test_every_step_does_what_is_printed(
    make_demo_database: Callable[[], AbstractContextManager[DemoDatabase]],
) -> None:
    with make_demo_database() as demo, tutorial_follower(demo) as follower:
        for step in read_steps(TUTORIAL.read_text()):
            outcome = follower.take(step)

            wanted = step.exit_status if isinstance(step, Command) else 0
            where = f"{TUTORIAL.name}, line {step.line}"
            assert outcome.exit_status == wanted, f"{where}\n{outcome.printed}"
            if isinstance(step, Command):
                shown = "\n".join(step.printed)
                assert shows_same(step.printed, outcome.printed), (
                    f"{where}: {step.command}\n--- printed\n{shown}\n--- real\n{outcome.printed}"
                    "\npython -m tests.tutorial.rewrite writes down what is real"
                )


def test_no_command_is_only_text() -> None:
    text = TUTORIAL.read_text()

    read = [step.command for step in read_steps(text) if isinstance(step, Command)]

    printed = re.findall(r"^\s*\$ (.+)", text, re.MULTILINE)
    assert [command.splitlines()[0] for command in read] == printed
