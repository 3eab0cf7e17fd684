"""The output of subcommands: a JSON document for programs, tables and sentences for people."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from io import StringIO
from shutil import get_terminal_size
from typing import Any, TextIO

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from core_site.rollout.commands.exit_codes import ExitCode
from core_site.rollout.documents.facts import Fact, describe_example

#: In columns, if the output is not a terminal.
WIDTH = 110


@dataclass(frozen=True, kw_only=True)
class CommandOutput:
    """The output of a subcommand: a JSON ``document`` and ``lines``, strings or ``rich`` tables."""

    document: dict[str, Any]
    lines: Sequence[RenderableType]
    exit_code: ExitCode = ExitCode.DONE

    def as_json(self) -> str:
        return json.dumps(self.document, indent=2, default=_as_text, ensure_ascii=False)

    def as_text(self, stream: TextIO) -> str:
        """Return the lines for a stream: with colours and the terminal's width if it is one."""
        is_terminal = stream.isatty()
        console = Console(
            file=(printed := StringIO()),
            force_terminal=is_terminal,
            width=get_terminal_size().columns if is_terminal else WIDTH,
        )
        for line in self.lines:
            # A string is one line for programs such as grep; a terminal wraps it by itself.
            if isinstance(line, str):
                console.print(cell(line), soft_wrap=True)
            else:
                console.print(line)
        return "\n".join(line.rstrip() for line in printed.getvalue().splitlines())


def cell(text: str, style: str = "") -> Text:
    """Return a text without control characters, since callers choose some of the names in it."""
    return Text(replace_unprintable(text), style, overflow="fold")


def replace_unprintable(text: str) -> str:
    return "".join(
        letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text
    )


def indent(text: str, columns: int, *, hanging: int = 2) -> RenderableType:
    """Return a text indented by ``columns``, and its further lines by ``hanging`` more."""
    bullet, rest = text[:hanging], text[hanging:]
    grid = Table.grid()
    grid.add_row(" " * columns + bullet, cell(rest))
    return grid


def fact_table(facts: Iterable[Fact]) -> Table:
    """Return a table of facts: labels in one column, sentences in the other."""
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    for fact in facts:
        style = {"danger": "red", "success": "green"}.get(fact.tone, "")
        table.add_row(f"  {fact.label}", cell(fact.text, style))
    return table


def example_table(example: Mapping[str, Any]) -> Table:
    """Return a table of the example of a difference: each half with its redacted value."""
    return fact_table(Fact(f"  {side}", value) for side, value in describe_example(example))


def number_table(
    headings: Sequence[str], groups: Iterable[tuple[str, Iterable[Sequence[str]]]]
) -> Table:
    """Return a table in titled groups; all columns but the first are aligned to the right."""
    table = Table.grid(padding=(0, 2))
    table.add_column()
    for _ in headings[1:]:
        table.add_column(justify="right", no_wrap=True)
    table.add_row(*headings, style="dim")
    for title, rows in groups:
        if title:
            table.add_row()
            table.add_row(cell(title, "bold"))
        for name, *others in rows:
            table.add_row(Padding(cell(name), (0, 0, 0, 2 if title else 0)), *map(cell, others))
    return table


def _as_text(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
