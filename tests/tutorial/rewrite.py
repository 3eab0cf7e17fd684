"""Write the real output of the tutorial's commands into it: ``python -m tests.tutorial.rewrite``.

Run it after a change of the text or the code. An output that leaves lines out with "…" is kept.
"""

from tests.tutorial.follower import Outcome, tutorial_follower
from tests.tutorial.steps import LEFT_OUT, Command, read_steps
from tests.tutorial.test_moving_an_endpoint import TUTORIAL


def main() -> None:
    lines = TUTORIAL.read_text().splitlines()
    happened: list[tuple[Command, Outcome]] = []
    with tutorial_follower() as follower:
        for step in read_steps(TUTORIAL.read_text()):
            print(f"line {step.line}", flush=True)
            outcome = follower.take(step)
            if isinstance(step, Command):
                happened.append((step, outcome))
            if outcome.exit_status:
                print(f"exit status {outcome.exit_status}\n{outcome.printed}")
            if outcome.exit_status and step.line == happened[0][0].line:
                raise SystemExit("nothing was rewritten")
    for command, outcome in reversed(happened):
        begin = command.line + command.command.count("\n")
        if LEFT_OUT not in (line.strip() for line in command.printed):
            status = [f"(exit status {outcome.exit_status})"] if outcome.exit_status else []
            printed = [line.rstrip() for line in outcome.printed.rstrip("\n").splitlines()]
            lines[begin : command.last_line] = printed + status
    TUTORIAL.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
