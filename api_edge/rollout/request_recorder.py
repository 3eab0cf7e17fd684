"""Sanitised requests, one of each kind, for ``rollout replay`` and ``rollout scaffold``."""

import json
import re
import time
from datetime import UTC, datetime
from urllib.parse import parse_qsl, quote, urlencode

from api_edge.rollout.comparator import ComparedCall, source_fingerprint
from api_edge.rollout.findings_recorder import FindingsRecorder
from shared_domain.rollout import Endpoint, EndpointId, Response, Rules, anonymised_json
from shared_domain.rollout.findings_sql_store import RecordedRequest

#: Calls of an endpoint that the edge does not have are looked at this often at most.
LOOK_EVERY_SECONDS = 1.0

#: Headers that decide about the answer and say nothing about anybody.
KEPT_HEADERS = frozenset({"accept", "content-type", "octo-env", "octo-capabilities"})

#: What their values look like, and the names of parameters; anything else may be somebody's.
PLAIN_VALUE = re.compile(r"[\w*/+.,;= -]{1,200}", re.ASCII)
PLAIN_NAME = re.compile(r"_?[A-Za-z][A-Za-z0-9_.\[\]-]{0,39}")


class RequestRecorder:
    """Keeps a request when none of its kind has been kept.

    Path parameters and query values stand under ``path:month`` and ``query:limit`` among the
    endpoint's public fields; what is not public is replaced by something alike.
    """

    def __init__(self, findings: FindingsRecorder, *, key: bytes) -> None:
        self._findings = findings
        self._key = key
        self._looked_at: dict[EndpointId, float] = {}

    def should_record(self, endpoint: Endpoint) -> bool:
        """Return whether it is time to look at a call again, which costs a reading of its body."""
        now = time.monotonic()
        if now - self._looked_at.get(endpoint.id, -LOOK_EVERY_SECONDS) < LOOK_EVERY_SECONDS:
            return False
        self._looked_at[endpoint.id] = now
        return self._findings.has_room_for_requests(endpoint)

    def record(self, call: ComparedCall, answer: Response) -> None:
        """Take the request down, sanitised."""
        endpoint, rules = call.endpoint, call.rules
        query = parse_qsl(call.scope["query_string"].decode("latin-1"), keep_blank_values=True)
        sent, said = _json(call.body), _json(answer.body)
        names = sorted({name for name, _ in query})
        kind = source_fingerprint(answer.status, names, _shape(sent), _shape(said))
        if not self._findings.lacks_request_kind(endpoint, kind):
            return
        sent_headers = (
            (name.decode("latin-1"), it.decode("latin-1")) for name, it in call.scope["headers"]
        )
        headers = {
            name: value
            for name, value in sent_headers
            if name in KEPT_HEADERS and PLAIN_VALUE.fullmatch(value)
        }
        self._findings.record_request(
            RecordedRequest(
                endpoint_id=endpoint.id,
                at=datetime.now(UTC),
                fingerprint=kind,
                status=answer.status,
                target=self._target(call.path_template, rules, call.scope["path"], query),
                headers=headers,
                body=anonymised_json(sent, key=self._key, rules=rules),
                answer=anonymised_json(said, key=self._key, rules=rules),
            )
        )

    def _target(
        self, path_template: str, rules: Rules, path: str, query: list[tuple[str, str]]
    ) -> str:
        parts = []
        templates = path_template.split("/")
        for template, part in zip(templates, path.split("/"), strict=True):
            is_parameter = template.startswith("{")
            shown = self._alike(part, f"path:{template[1:-1]}", rules) if is_parameter else part
            parts.append(quote(shown, safe=""))
        alike = [
            (self._name(name), self._alike(value, f"query:{name}", rules)) for name, value in query
        ]
        return "/".join(parts) + (f"?{urlencode(alike)}" if alike else "")

    def _name(self, name: str) -> str:
        """Return the name of a parameter, or something alike when it is no name at all."""
        if PLAIN_NAME.fullmatch(name):
            return name
        return str(anonymised_json(name, key=self._key, rules=Rules()))

    def _alike(self, value: str, path: str, rules: Rules) -> str:
        if path in rules.public:
            return value
        return str(anonymised_json(value, key=self._key, rules=Rules()))


def _json(body: bytes) -> object:
    try:
        return json.loads(body, parse_constant=_no_constant) if body else None
    except (ValueError, RecursionError):
        return None


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")


def _shape(value: object, *, depth: int = 4) -> object:
    """Return which keys and types a value has, of a list only the first element's."""
    if depth == 0:
        return "…"
    if isinstance(value, dict):
        return {key: _shape(it, depth=depth - 1) for key, it in list(value.items())[:50]}
    if isinstance(value, list):
        return [_shape(value[0], depth=depth - 1)] if value else []
    return type(value).__name__
