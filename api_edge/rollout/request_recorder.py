"""Record anonymised requests, one of each kind, for ``rollout replay`` and ``rollout scaffold``."""

import asyncio
import hashlib
import json
import re
import time
from collections import defaultdict
from datetime import UTC, datetime
from urllib.parse import parse_qsl, quote, urlencode

from api_edge.rollout.call import ComparedCall
from api_edge.rollout.findings_recorder import FindingsRecorder
from api_edge.rollout.read_verdicts import SMALL_BYTES
from shared_domain.rollout import Endpoint, EndpointId, Response, Rules, anonymised_json
from shared_domain.rollout.findings_sql_store import RecordedRequest

#: A call of an endpoint that the edge does not have is recorded no more often than this.
RECORD_EVERY_SECONDS = 1.0

#: Kinds of request that are recorded, per endpoint and process.
MOST_RECORDINGS = 20

#: After this long a process records the same kinds of request again.
KNOWN_SECONDS = 3600.0

#: Headers that decide about the response and hold no personal data.
KEPT_HEADERS = frozenset({"accept", "content-type", "octo-env", "octo-capabilities"})

#: What their values look like, and the names of parameters; anything else may be personal data.
PLAIN_VALUE = re.compile(r"[\w*/+.,;= -]{1,200}", re.ASCII)
PLAIN_NAME = re.compile(r"_?[A-Za-z][A-Za-z0-9_.\[\]-]{0,39}")


class RequestRecorder:
    """Records a request when none of its kind is recorded: its parameters, shapes and status.

    Path parameters and query values that are public fields of the endpoint, such as ``path:month``
    and ``query:limit``, keep their values; all others are anonymised.
    """

    def __init__(self, findings: FindingsRecorder, *, key: bytes) -> None:
        self._findings = findings
        self._key = key
        self._recorded_at: dict[EndpointId, float] = {}
        self._kinds: defaultdict[EndpointId, set[str]] = defaultdict(set)
        self._kinds_since = time.monotonic()

    def should_record(self, endpoint: Endpoint) -> bool:
        """Return whether to record a call that only Django has, for which its body is buffered."""
        now = time.monotonic()
        if now - self._recorded_at.get(endpoint.id, -RECORD_EVERY_SECONDS) < RECORD_EVERY_SECONDS:
            return False
        self._recorded_at[endpoint.id] = now
        return self._has_room(endpoint)

    def _has_room(self, endpoint: Endpoint) -> bool:
        if time.monotonic() - self._kinds_since > KNOWN_SECONDS:
            # They expire in the database, too.
            self._kinds.clear()
            self._kinds_since = time.monotonic()
        return len(self._kinds[endpoint.id]) < MOST_RECORDINGS

    async def record(self, call: ComparedCall, response: Response) -> None:
        """Record a request and its response, anonymised, unless one of its kind is recorded.

        Large ones are anonymised in a thread: 256 KiB of numbers take a second.
        """
        endpoint = call.context.endpoint
        query = parse_qsl(call.scope["query_string"].decode("latin-1"), keep_blank_values=True)
        sent, received = _parse_json(call.body), _parse_json(response.body)
        names = sorted({name for name, _ in query})
        kind = _request_fingerprint(response.status, names, _shape(sent), _shape(received))
        if not self._has_room(endpoint) or kind in self._kinds[endpoint.id]:
            return
        self._kinds[endpoint.id].add(kind)
        sizes = map(len, (call.body, response.body, call.scope["query_string"]))
        arguments = (call, response.status, kind, query, sent, received)
        self._findings.record_request(
            self._build_recording(*arguments)
            if sum(sizes) <= SMALL_BYTES
            else await asyncio.to_thread(self._build_recording, *arguments)
        )

    def _build_recording(
        self,
        call: ComparedCall,
        status: int,
        kind: str,
        query: list[tuple[str, str]],
        sent: object,
        received: object,
    ) -> RecordedRequest:
        rules = call.context.rules
        sent_headers = (
            (name.decode("latin-1"), value.decode("latin-1"))
            for name, value in call.scope["headers"]
        )
        headers = {
            name: value
            for name, value in sent_headers
            if name in KEPT_HEADERS and PLAIN_VALUE.fullmatch(value)
        }
        return RecordedRequest(
            endpoint_id=call.context.endpoint.id,
            at=datetime.now(UTC),
            fingerprint=kind,
            status=status,
            target=self._target(call.path_template, rules, call.scope["path"], query),
            headers=headers,
            body=anonymised_json(sent, key=self._key, rules=rules),
            answer=anonymised_json(received, key=self._key, rules=rules),
        )

    def _target(
        self, path_template: str, rules: Rules, path: str, query: list[tuple[str, str]]
    ) -> str:
        parts = []
        for template, part in zip(path_template.split("/"), path.split("/"), strict=True):
            if template.startswith("{"):
                part = self._anonymise(part, f"path:{template[1:-1]}", rules)
            parts.append(quote(part, safe=""))
        parameters = [
            (self._name(name), self._anonymise(value, f"query:{name}", rules))
            for name, value in query
        ]
        return "/".join(parts) + (f"?{urlencode(parameters)}" if parameters else "")

    def _name(self, name: str) -> str:
        """Return a parameter's name, anonymised when it does not look like a name."""
        if PLAIN_NAME.fullmatch(name):
            return name
        return str(anonymised_json(name, key=self._key, rules=Rules()))

    def _anonymise(self, value: str, path: str, rules: Rules) -> str:
        if path in rules.public:
            return value
        return str(anonymised_json(value, key=self._key, rules=Rules()))


def _parse_json(body: bytes) -> object:
    try:
        return json.loads(body, parse_constant=_reject_constant) if body else None
    except (ValueError, RecursionError):
        return None


def _reject_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")


def _request_fingerprint(*parts: object) -> str:
    """Return a hash that tells one kind of request from another."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:32]


def _shape(value: object, *, depth: int = 4) -> object:
    """Return which keys and types a value has, of a list only the first element's."""
    if depth == 0:
        return "…"
    if isinstance(value, dict):
        items = list(value.items())[:50]
        return {key: _shape(member, depth=depth - 1) for key, member in items}
    if isinstance(value, list):
        return [_shape(value[0], depth=depth - 1)] if value else []
    return type(value).__name__
