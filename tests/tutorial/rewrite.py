"""Write what the tutorial's commands really print into it: ``python -m tests.tutorial.rewrite``.

For whoever changed the text or the code. What a block leaves out with "…" it keeps.
"""

from tests.tutorial.following import Happened, following
from tests.tutorial.reading import LEFT_OUT, Command, steps_of
from tests.tutorial.test_moving_an_endpoint import TUTORIAL


def main() -> None:
    lines = TUTORIAL.read_text().splitlines()
    happened: list[tuple[Command, Happened]] = []
    with following() as follower:
        for step in steps_of(TUTORIAL.read_text()):
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
