"""What a verb answers: a document for programs, the same as lines for people, an exit status."""

import json
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from core_site.rollout.commands.exit_codes import ExitCode

#: Every line for people fits a terminal of this width, unless one word of it does not.
WIDTH = 100


@dataclass(frozen=True, kw_only=True)
class CommandOutput:
    document: dict[str, Any]
    lines: Sequence[str]
    exit_code: ExitCode = ExitCode.DONE

    def as_json(self) -> str:
        return json.dumps(self.document, indent=2, default=_as_text, ensure_ascii=False)

    def as_text(self) -> str:
        return "\n".join(replace_unprintable(line) for line in self.lines)


def replace_unprintable(line: str) -> str:
    """Return the line without what a terminal would obey: names in answers are anybody's."""
    return "".join(
        letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in line
    )


def wrap(text: str, *, indent: str = "", hanging: str | None = None) -> list[str]:
    """Return the text in lines that fit, every line after the first behind ``hanging``."""
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=indent,
        subsequent_indent=indent if hanging is None else hanging,
        break_long_words=False,
        break_on_hyphens=False,
    )


def format_time(at: datetime | None) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" if at else "never"


def _as_text(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
