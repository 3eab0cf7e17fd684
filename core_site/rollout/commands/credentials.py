"""The credentials that ``rollout replay`` sends: those of any caller of the API.

==================== ==============================================================================
PORTICO_REPLAY_KEY   an API key, sent as ``Authorization: Bearer KEY``
PORTICO_REPLAY_AS    lines such as ``Authorization: Token abc``, ``Cookie: sessionid=abc``, or
                     ``?api_key=abc`` for a parameter of the query
--credentials FILE   the same lines in a file that its owner alone can read
==================== ==============================================================================

They are never command-line arguments, which every user of the machine can read. A malformed line is
reported by its number, and its value is in no message.
"""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl, urlencode

from core_site.environment import env
from core_site.rollout.commands.exit_codes import CommandStopped
from shared_domain.rollout.wire import COMPARE_HEADER

_HEADER = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([!-~](?:[\t -~]*[!-~])?)")
_PARAMETER = re.compile(r"\?([!-~]+)=([!-~]+)")

#: Headers of the connection, or of the edge itself.
_NOT_THE_CALLERS = frozenset(
    {"connection", "content-length", "host", COMPARE_HEADER, "transfer-encoding"}
)


@dataclass(frozen=True, slots=True)
class Credentials:
    """The headers and query parameters that authenticate a caller, hidden from ``repr()``."""

    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    parameters: Sequence[tuple[str, str]] = field(default=(), repr=False)

    def add_to(self, target: str) -> str:
        """Return a request target in which these query parameters replace the recorded ones."""
        if not self.parameters:
            return target
        path, _, query = target.partition("?")
        names = {name for name, _ in self.parameters}
        kept = [pair for pair in parse_qsl(query, keep_blank_values=True) if pair[0] not in names]
        return f"{path}?{urlencode([*kept, *self.parameters])}"


def load_credentials(file: Path | None) -> Credentials:
    """Return the credentials in the file or, without a file, in the environment.

    Raises:
        CommandStopped: there are none, a line is malformed, or other users can read the file.
    """
    if file is not None:
        return _parse(_read_private(file), str(file))
    if lines := (env("PORTICO_REPLAY_AS") or "").strip():
        return _parse(lines, "PORTICO_REPLAY_AS")
    if key := (env("PORTICO_REPLAY_KEY") or "").strip():
        return _parse(f"Authorization: Bearer {key}", "PORTICO_REPLAY_KEY")
    raise CommandStopped(
        "say who calls: PORTICO_REPLAY_KEY holds an API key, PORTICO_REPLAY_AS or a file of "
        "--credentials any header, as in X-Api-Key: …, or parameter, as in ?api_key=…"
    )


def _read_private(file: Path) -> str:
    try:
        with file.open(encoding="utf-8") as opened:
            if os.fstat(opened.fileno()).st_mode & 0o077:
                raise CommandStopped(f"others can read {file}: chmod 600 {file}")
            return opened.read(65_536)
    except OSError as problem:
        raise CommandStopped(f"cannot read {file}: {problem.strerror}") from None
    except UnicodeDecodeError:
        raise CommandStopped(f"{file} is not UTF-8") from None


def _parse(text: str, where: str) -> Credentials:
    headers: dict[str, str] = {}
    parameters: list[tuple[str, str]] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        if found := _PARAMETER.fullmatch(line.strip()):
            parameters += parse_qsl(line.strip()[1:], keep_blank_values=True)
        elif (found := _HEADER.fullmatch(line.strip())) and _may_be_set(found[1], headers):
            headers[found[1]] = found[2]
        else:
            raise CommandStopped(
                f"{where}, line {number}: neither a header of the caller's that can be sent, as "
                "Authorization: Token …, once each, nor a parameter, as ?api_key=…"
            )
    if not headers and not parameters:
        raise CommandStopped(f"{where} says nothing")
    return Credentials(headers, parameters)


def _may_be_set(name: str, headers: Mapping[str, str]) -> bool:
    return name.lower() not in _NOT_THE_CALLERS | {header.lower() for header in headers}
