"""Compare two outputs of a command, without figures, moments, ids and secrets."""

import re

from tests.tutorial.steps import LEFT_OUT

_DIFFERENT = (
    (re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"), "<id>"),
    (re.compile(r"\b[0-9a-f]{8}/[0-9a-f]{12}\b"), "<build>"),
    (re.compile(r'hash "[0-9a-f]+"'), 'hash "<hash>"'),
    (re.compile(r"pk_live_\w+"), "pk_live_<key>"),
    (re.compile(r"log in as  .*"), "log in as <login>"),
    # A busy machine drops comparisons, and a row that tells so is wider and shortens its path.
    (re.compile(r", \d+ % dropped"), ""),
    (re.compile(r"/v1/state…/"), "/v1/statements/"),
    (re.compile(r"\b(none|[\d,]+ of [\d,]+ \([\d.]+ %\)) dropped"), "# dropped"),
    # From a minute on, pytest says it in minutes as well.
    (re.compile(r"\bin \d+(\.\d+)?s\b( \(\d+:\d\d:\d\d\))?"), "in #s"),
    # How often a status was seen; the status stays.
    (re.compile(r"(?<![\w.])\d+ +(?=\d{3}$)", re.MULTILINE), "# times status_"),
    # A figure, also in brackets. Whole percentages, "4xx" and what is part of a word stay.
    (re.compile(r"(?<![\w.%])(?!\d+ ?%)\d[\d,.:-]*(?![\w%])"), "#"),
    (re.compile(r"\(#\)"), "#"),
)


def normalise(text: str) -> str:
    """Return what two runs of a command print alike, with every gap as one blank.

    Where a line ends depends on how long the figures in it are.
    """
    for pattern, shown in _DIFFERENT:
        text = pattern.sub(shown, text)
    return " ".join(text.split())


def shows_same(printed: list[str], real: str) -> bool:
    """Return whether the real output is the printed one, but for what that leaves out."""
    wanted = [""]
    for line in printed:
        if line.strip() == LEFT_OUT:
            wanted.append("")
        else:
            wanted[-1] += f"{line}\n"
    pattern = ".*".join(re.escape(normalise(part)) for part in wanted)
    return bool(re.fullmatch(pattern, normalise(real)))
