"""Summarise a replay by endpoint, with the exit status that follows from it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rich.console import RenderableType

from core_site.rollout.commands.diffs import example_table
from core_site.rollout.commands.edge_client import NOT_COMPARED, ComparedRequest
from core_site.rollout.commands.exit_codes import ExitCode
from core_site.rollout.commands.output import CommandOutput, cell, number_table
from shared_domain.rollout.wire import Verdict

_DIFFERS = frozenset(verdict for verdict in Verdict if verdict.differs)
_UNDECIDED = frozenset(verdict for verdict in Verdict if not verdict.is_compared)

_HEADINGS = (
    "",
    "sent",
    "match",
    "differ",
    "undecided",
    "not compared",
    "as recorded",
)

_NO_EDGE = (
    "nothing was compared: the edge does not know PORTICO_PARITY_KEY, or is none, or one half "
    "does not have these endpoints"
)


@dataclass(kw_only=True)
class _Tally:
    """The verdicts on the requests of one endpoint."""

    verdicts: Counter[str] = field(default_factory=Counter)
    as_recorded: int = 0
    differing: list[ComparedRequest] = field(default_factory=list)

    def count(self, compared: ComparedRequest) -> None:
        self.verdicts[compared.verdict] += 1
        self.as_recorded += compared.status == compared.recorded.status
        if compared.verdict in _DIFFERS:
            self.differing.append(compared)

    def row(self, name: str) -> tuple[str, ...]:
        said = self.verdicts
        return (
            name,
            *map(str, (
                said.total(), said[Verdict.MATCH], sum(said[verdict] for verdict in _DIFFERS),
                sum(said[verdict] for verdict in _UNDECIDED),
                said[NOT_COMPARED],
                self.as_recorded,
            )),
        )  # fmt: skip


def report(compared: Sequence[ComparedRequest], *, left_out: int) -> CommandOutput:
    """Return the counts by endpoint, every difference, and whether the replay proves anything."""
    tallies: dict[tuple[str, str], _Tally] = {}
    for one in compared:
        tallies.setdefault(one.recorded.name, _Tally()).count(one)
    rows = [tally.row(" ".join(name)) for name, tally in tallies.items()]
    lines: list[RenderableType] = [number_table(_HEADINGS, [("", rows)])]
    for tally in tallies.values():
        for one in tally.differing:
            lines += ["", *_difference(one)]
    if left_out:
        lines += ["", f"{left_out} writes were left out; --writes sends them, to be carried out."]
    exit_code, conclusion = _conclusion(tallies)
    return CommandOutput(
        document={
            "exit_status": exit_code.value,
            "conclusion": conclusion,
            "writes_left_out": left_out,
            "endpoints": [_document(name, tally) for name, tally in tallies.items()],
        },
        lines=[*lines, "", cell(conclusion)],
        exit_code=exit_code,
    )


def _conclusion(tallies: Mapping[tuple[str, str], _Tally]) -> tuple[ExitCode, str]:
    said = sum((tally.verdicts for tally in tallies.values()), Counter[str]())
    unproven = [
        " ".join(name) for name, tally in tallies.items() if not tally.verdicts[Verdict.MATCH]
    ]
    differ = sum(said[verdict] for verdict in _DIFFERS)
    if differ:
        return ExitCode.DIFFERS, f"{differ} of {said.total()} requests differ."
    if not said:
        return ExitCode.INSUFFICIENT, "Nothing was sent."
    if said[NOT_COMPARED] == said.total():
        return ExitCode.MISCONFIGURED, f"{_NO_EDGE[:1].upper()}{_NO_EDGE[1:]}."
    if unproven:
        return (
            ExitCode.INSUFFICIENT,
            f"Nothing agreed of {', '.join(unproven)}: that proves nothing.",
        )
    return ExitCode.DONE, f"{said[Verdict.MATCH]} of {said.total()} requests agree, none differs."


def _difference(one: ComparedRequest) -> list[RenderableType]:
    request = f"{one.recorded.method} {one.recorded.target}"
    lines: list[RenderableType] = [f"{request}: differs, in request {one.request_id}"]
    for found in one.differences:
        lines.append(f"  {found.get('path', '?')}  {found.get('kind', '?')}")
        lines.append(example_table(found))
    return lines


def _document(name: tuple[str, str], tally: _Tally) -> dict[str, Any]:
    return {
        "method": name[0],
        "path_template": name[1],
        "sent": tally.verdicts.total(),
        "verdicts": dict(tally.verdicts),
        "as_recorded": tally.as_recorded,
        "differing": [
            {
                "target": one.recorded.target,
                "verdict": one.verdict,
                "request_id": one.request_id,
                "differences": list(one.differences),
            }
            for one in tally.differing
        ],
    }
