"""Recorded requests, from the database or from a file in a repository, for its CI."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from django.db.models import F

from core_site.rollout.commands.exit_codes import CommandStopped, ExitCode
from core_site.rollout.evidence_models import Recording
from core_site.rollout.routes import METHODS
from shared_domain.rollout import EndpointName, path_shape

_VERSION = "portico_recordings"

_TARGET = re.compile(r'/[!"$-~]*')
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE = re.compile(r"[\t -~]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedRequest:
    """An anonymised request, and the status of its response."""

    method: str
    path_template: str
    target: str
    status: int
    headers: Mapping[str, str]
    body: Any = None

    @property
    def name(self) -> EndpointName:
        return self.method, self.path_template

    def matches(self, name: EndpointName | None) -> bool:
        if name is None:
            return True
        return self.method == name[0] and path_shape(self.path_template) == path_shape(name[1])


def load_from_database() -> list[RecordedRequest]:
    rows = Recording.objects.order_by(
        "endpoint__path_template", "endpoint__method", "status", "id"
    ).values(
        *("target", "status", "headers", "body"),
        method=F("endpoint__method"),
        path_template=F("endpoint__path_template"),
    )
    return [RecordedRequest(**row) for row in rows]


def load_from_file(file: Path) -> list[RecordedRequest]:
    """Read a file of ``rollout replay --save``.

    Raises:
        CommandStopped: the file cannot be read, or is malformed; the message says where.
    """
    try:
        stored = json.loads(file.read_bytes())
    except OSError as problem:
        raise CommandStopped(f"cannot read {file}: {problem.strerror}") from None
    except (ValueError, RecursionError):
        raise CommandStopped(f"{file} is not JSON; --save writes such a file") from None
    requests = stored.get("requests") if isinstance(stored, dict) else None
    if not isinstance(requests, list) or stored.get(_VERSION) != 1:
        raise CommandStopped(f"{file} holds no recordings; --save writes such a file")
    return [_check_request(entry, f"{file}, request {n}") for n, entry in enumerate(requests, 1)]


def save_to_file(recorded: Sequence[RecordedRequest], file: Path) -> None:
    """Write recordings to a file, and replace its content.

    Raises:
        CommandStopped: the file cannot be written.
    """
    stored = {_VERSION: 1, "requests": [asdict(one) for one in recorded]}
    try:
        file.write_text(json.dumps(stored, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    except OSError as problem:
        raise CommandStopped(f"cannot write {file}: {problem.strerror}", ExitCode.REFUSED) from None


def _check_request(entry: Any, where: str) -> RecordedRequest:
    """Return a request from a file; refuse one that could become two on the wire."""
    try:
        recorded = RecordedRequest(**entry)
    except TypeError:
        raise CommandStopped(f"{where}: lacks a part, or has one too many") from None
    wrong = next((part for part, is_right in _valid_parts(recorded).items() if not is_right), None)
    if wrong is not None:
        raise CommandStopped(f"{where}: its {wrong} cannot be sent")
    return recorded


def _valid_parts(recorded: RecordedRequest) -> dict[str, bool]:
    headers = recorded.headers
    return {
        "method": recorded.method in METHODS,
        "path_template": isinstance(recorded.path_template, str),
        "target": isinstance(recorded.target, str) and bool(_TARGET.fullmatch(recorded.target)),
        "status": isinstance(recorded.status, int),
        "headers": isinstance(headers, dict)
        and all(_HEADER_NAME.fullmatch(name) for name in headers)
        and all(
            isinstance(text, str) and _HEADER_VALUE.fullmatch(text) for text in headers.values()
        ),
    }
