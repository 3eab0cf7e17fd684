"""Whoever follows the tutorial of moving an endpoint sees what it shows, at every step."""

import re

from tests.harness.databases import ROOT
from tests.tutorial.alike import is_shown
from tests.tutorial.following import following
from tests.tutorial.reading import Command, steps_of

TUTORIAL = ROOT / "api_edge" / "rollout" / "MOVING_AN_ENDPOINT.md"


def test_every_step_does_what_is_printed() -> None:
    with following() as follower:
        for step in steps_of(TUTORIAL.read_text()):
            happened = follower.take(step)

            wanted = step.exit_status if isinstance(step, Command) else 0
            where = f"{TUTORIAL.name}, line {step.line}"
            assert happened.exit_status == wanted, f"{where}\n{happened.printed}"
            if isinstance(step, Command):
                shown = "\n".join(step.printed)
                assert is_shown(step.printed, happened.printed), (
                    f"{where}: {step.command}\n--- printed\n{shown}\n--- real\n{happened.printed}"
                    "\npython -m tests.tutorial.rewrite writes down what is real"
                )


def test_no_command_is_only_text() -> None:
    text = TUTORIAL.read_text()

    read = [step.command for step in steps_of(text) if isinstance(step, Command)]

    printed = re.findall(r"^\s*\$ (.+)", text, re.MULTILINE)
    assert [command.splitlines()[0] for command in read] == printed
