"""Write the documents that list every environment variable, from where they are declared.

::

    .venv/bin/python -m deploy.environment     # writes .env.example and the table in OPERATING.md
"""

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from api_edge.settings import list_variables
from core_site import environment
from deploy.gunicorn_commands import DRAIN_SECONDS
from deploy.virtualenv import ROOT

EXAMPLE = ROOT / ".env.example"
TABLE = ROOT / "deploy" / "OPERATING.md"

#: Variables of the halves that ``deploy/up`` reads, too.
_ALSO_READ = {
    *("DATABASE_URL", "OWNER_DATABASE_URL", "EDGE_DATABASE_URL"),
    *("PORTICO_PUBLIC_URL", "PORTICO_DJANGO_THREADS"),
}


@dataclass(kw_only=True)
class Row:
    """One variable in the table: who reads it, and its default as a text, None for none."""

    name: str
    default: str | None
    is_required: bool
    description: str
    readers: list[str]


def list_rows() -> list[Row]:
    """Return every environment variable, in the order of its name.

    Raises:
        ValueError: two readers of a variable describe it in different words, or have different
            defaults.
    """
    rows: dict[str, Row] = {}
    for reader, variable in _declarations():
        row = rows.setdefault(variable["name"], Row(**variable, readers=[]))
        if Row(**variable, readers=row.readers) != row:
            raise ValueError(f"{reader} says of {row.name} what {row.readers} do not")
        row.readers.append(reader)
    for of_edge in list_variables():
        for other in of_edge.names[1:]:
            rows[other].readers.insert(0, "edge")
    for name in _ALSO_READ:
        rows[name].readers.append("deploy/up")
    return sorted(rows.values(), key=lambda row: row.name)


def _declarations() -> Iterator[tuple[str, dict[str, Any]]]:
    for variable in list_variables():
        name, *others = variable.names
        yield (
            "edge",
            {
                "name": name,
                "default": f"that of {others[0]}" if others else variable.default or None,
                "is_required": variable.is_required and not others,
                "description": variable.description,
            },
        )
    declared = [("Django", variable) for variable in environment.VARIABLES.values()]
    for reader, of_django in (*declared, ("deploy/up", DRAIN_SECONDS)):
        yield (
            reader,
            {
                "name": of_django.name,
                "default": of_django.default or None,
                "is_required": of_django.is_required,
                "description": of_django.description,
            },
        )


def render_table() -> str:
    """Return the table of all variables, in Markdown."""
    head = "| variable | read by | default | what it is |\n|---|---|---|---|\n"
    return head + "".join(
        f"| `{row.name}` | {', '.join(row.readers)} | {_show_default(row)} | {row.description} |\n"
        for row in list_rows()
    )


def _show_default(row: Row) -> str:
    if row.is_required:
        return "must be set"
    if row.default is None:
        return ""
    return row.default if " " in row.default else f"`{row.default}`"


def render_example() -> str:
    """Return ``.env.example``: every variable as a comment, except those that must be set."""
    head = (
        "# Environment variables of Portico, written by `python -m deploy.environment`.\n"
        "# ./deploy/up needs none of them. Where edge and Django are started without it, those\n"
        "# without a # must be set; an empty value counts as unset.\n"
    )
    return head + "".join(f"\n{_format_entry(row)}" for row in list_rows())


def _format_entry(row: Row) -> str:
    text = f"{', '.join(row.readers)}: {row.description}"
    lines = textwrap.wrap(text, 96, break_on_hyphens=False, break_long_words=False)
    value = "" if row.default is None or " " in row.default else row.default
    assignment = f"{'' if row.is_required else '# '}{row.name}={value}"
    return "".join(f"# {line}\n" for line in lines) + f"{assignment}\n"


_BETWEEN_MARKS = re.compile(r"(?<=<!-- variables -->\n).*?(?=<!-- end of variables -->)", re.S)


def replace_table(document: str) -> str:
    """Return the document with the table of today between its two marks."""
    return _BETWEEN_MARKS.sub(lambda _: render_table(), document)


if __name__ == "__main__":
    EXAMPLE.write_text(render_example(), encoding="utf-8")
    TABLE.write_text(replace_table(TABLE.read_text(encoding="utf-8")), encoding="utf-8")
