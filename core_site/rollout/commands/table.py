"""A table in plain characters, in groups, no wider than a terminal."""

from collections.abc import Mapping, Sequence
from itertools import chain

from core_site.rollout.commands.output import WIDTH, replace_unprintable

_GAP = "  "

Row = Sequence[str]


def table(headings: Row, groups: Mapping[str, Sequence[Row]]) -> list[str]:
    """Return the lines: the first column to the left and shortened to fit, the rest to the right.

    Each group begins with its title; a title of no letters makes no line, and no indent.
    """
    rows = [
        [replace_unprintable(cell) for cell in row] for row in chain([headings], *groups.values())
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    indent = _GAP if any(groups) else ""
    others = sum(width + len(_GAP) for width in widths[1:])
    widths[0] = min(widths[0], max(WIDTH - others - len(indent), len(headings[0])))
    lines = [_line(indent, headings, widths)]
    for title, members in groups.items():
        lines += ["", title] if title else []
        lines += [_line(indent, row, widths) for row in members]
    return lines


def _line(indent: str, row: Row, widths: Sequence[int]) -> str:
    first = _shortened(row[0], widths[0]).ljust(widths[0])
    others = (cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))
    return (indent + _GAP.join([first, *others])).rstrip()


def _shortened(text: str, width: int) -> str:
    """Return the text with its middle left out: method and last part tell endpoints apart."""
    if len(text) <= width:
        return text
    tail = (width - 1) // 2
    return f"{text[: width - 1 - tail]}…{text[len(text) - tail :]}"
