"""Read a tutorial in Markdown as steps: files to write, diffs to apply, commands to run.

::

    **`api_edge/v1/statements.py`**       above a block: the block is the whole file
    ```diff                               a change of files that are there
    ```console                            commands behind "$ " (continued behind "> ") and what
                                          they print; "(exit status 4)" where it is not 0, and
                                          a line "…" for lines that are left out
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_FENCE = "```"
_FILE = re.compile(r"\*\*`([^`]+)`\*\*")
_EXIT_STATUS = re.compile(r"\(exit status (\d+)\)")

LEFT_OUT = "…"


@dataclass(kw_only=True)
class WrittenFile:
    """A file to write or to replace."""

    line: int
    path: str
    text: str


@dataclass(kw_only=True)
class Change:
    """A diff to apply."""

    line: int
    text: str


@dataclass(kw_only=True)
class Command:
    """A command to run; ``printed`` is the output that the tutorial shows below it."""

    line: int
    command: str
    printed: list[str] = field(default_factory=list)
    exit_status: int = 0

    @property
    def last_line(self) -> int:
        """The number of its last line, output included."""
        typed = self.command.count("\n") + 1
        return self.line + typed - 1 + len(self.printed) + (self.exit_status != 0)


Step = WrittenFile | Change | Command


def read_steps(tutorial: str) -> list[Step]:
    """Return the steps of a tutorial in their order.

    Raises:
        ValueError: a block is of no known kind, so no test would run it.
    """
    lines = tutorial.splitlines()
    steps: list[Step] = []
    for begin, end in _blocks(lines):
        kind, content = lines[begin].removeprefix(_FENCE), lines[begin + 1 : end]
        named = _FILE.fullmatch(lines[begin - 2]) if begin >= 2 else None
        text = "".join(f"{line}\n" for line in content)
        if kind == "console":
            steps += _commands(content, first_line=begin + 2)
        elif kind == "diff":
            steps.append(Change(line=begin + 2, text=text))
        elif named:
            steps.append(WrittenFile(line=begin + 2, path=named[1], text=text))
        else:
            raise ValueError(f"line {begin + 1}: a block that is no console, diff or named file")
    return steps


def _blocks(lines: list[str]) -> Iterator[tuple[int, int]]:
    begin = None
    for number, line in enumerate(lines):
        if not line.startswith(_FENCE):
            continue
        if begin is None:
            begin = number
        else:
            yield begin, number
            begin = None


def _commands(content: list[str], *, first_line: int) -> Iterator[Command]:
    command: Command | None = None
    for number, line in enumerate(content, first_line):
        if line.startswith("$ "):
            if command:
                yield command
            command = Command(line=number, command=line.removeprefix("$ "))
        elif command is None:
            raise ValueError(f"line {number}: a console begins with a command")
        elif line.startswith("> ") and not command.printed:
            command.command += "\n" + line.removeprefix("> ")
        elif found := _EXIT_STATUS.fullmatch(line):
            command.exit_status = int(found[1])
        else:
            command.printed.append(line)
    if command:
        yield command
