"""Builds the content of most panels: a short table with links, or facts with labels."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

TABLE = "admin_kit/panels/table.html"
FACTS = "admin_kit/panels/facts.html"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a panel's table; numbers are aligned to the right and never wrap."""

    title: str
    is_number: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """A text, optionally as a link, or as a label in a colour of Unfold such as ``success``."""

    text: object
    url: str | None = None
    colour: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    text: str
    url: str


def build_table(
    columns: Sequence[Column],
    rows: Iterable[Sequence[Cell | object]],
    *,
    empty: str,
    more: Link | None = None,
) -> Mapping[str, Any]:
    """Return the context of ``TABLE``.

    The table shows the text ``empty`` when it has no rows, and the link ``more`` below them.
    """
    return {
        "columns": columns,
        "rows": [list(zip(columns, (_cell(value) for value in row), strict=True)) for row in rows],
        "empty": empty,
        "more": more,
    }


def build_facts(
    facts: Iterable[tuple[str, Cell | object]], *, more: Link | None = None
) -> Mapping[str, Any]:
    """Return the context of ``FACTS``: labels with values, and the link ``more`` below them."""
    return {"facts": [(label, _cell(value)) for label, value in facts], "more": more}


def _cell(value: Cell | object) -> Cell:
    return value if isinstance(value, Cell) else Cell("–" if value in (None, "") else value)
