"""What is known of an endpoint before its code is written, and what has to be asked."""

from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from core_site.rollout.routes import ApiRoute
from core_site.rollout.scaffolding.naming import Names, class_name, singular
from core_site.rollout.scaffolding.reading.samples import Observed, refined, shape_of
from core_site.rollout.scaffolding.reading.views import ANY_KEY, METHODS_WITH_BODY, Told, told_by
from core_site.rollout.scaffolding.shapes import (
    Member,
    Scalar,
    Shape,
    Thing,
    Unknown,
    named_apart,
    or_null,
    questions_about,
)

#: Names that the generated modules import, so that no class of theirs may be called so.
_TAKEN = (
    "Annotated", "ResponseModel", "Any", "APIRouter", "StrictRequestModel", "BeforeValidator",
    "Body", "Caller", "Access", "Decimal", "Depends", "Field", "House", "Literal", "Mapping",
    "Path", "PlainSerializer", "Protocol", "PydanticKnownError", "Query", "Response", "Scope",
    "StringConstraints", "UUID", "V1Route",
)  # fmt: skip

_PREFIXES = {"POST": "New", "PUT": "Replaced", "PATCH": "Changed"}


@dataclass(frozen=True, kw_only=True)
class Facts:
    """``answer`` is None for an answer without a body, ``body`` for a request without one."""

    method: str
    path: str
    prefix: str
    kinds: dict[str, str]
    names: Names
    label: str
    status: int
    answer: Shape | None
    body: Shape | None
    query: Thing | None
    scope: str | None
    #: Calls of the domain's services that the view makes already, as an endpoint awaits them.
    services: tuple[str, ...]
    questions: tuple[str, ...]
    #: Targets that were observed to be answered, each once.
    targets: tuple[str, ...]

    @property
    def is_read(self) -> bool:
        return self.method == "GET"

    @property
    def title(self) -> str:
        return f"{self.method} {self.path}"


def facts_of(
    method: str, path: str, *, prefix: str, names: Names, route: ApiRoute | None, observed: Observed
) -> Facts:
    """Put together what the view tells and what was observed; the view goes first."""
    accepted = [it for it in observed if it.is_accepted]
    told = told_by(route) if route else _told_by_nobody(method, path)
    statuses = told.statuses if route else {it.status for it in accepted} or {200}
    answer = _with_samples(told.answer, [it.answer for it in accepted], _answer_name(names))
    body = _with_samples(told.body, [it.body for it in accepted], _body_name(method, names))
    query = _query(told.query, observed, names)
    if method == "PATCH" and isinstance(body, Thing):
        body = replace(body, name=f"Changed{body.name.removeprefix('New')}")
    # Even where they are alike: an answer and a request have other rules.
    answer, body, query = _named_apart(
        [answer, body, query],
        prefixes=["", _PREFIXES.get(method, ""), class_name(names.operation)],
        taken={*_TAKEN, names.store},
    )
    questions = [
        *(questions_about(answer) if answer else ()),
        *(questions_about(body, where="in the request") if body else ()),
        *(questions_about(query) if query else ()),
        *told.questions,
    ]
    if len(statuses) > 1:
        listed = " and ".join(map(str, sorted(statuses)))
        questions.append(f"When is the status which? The view answers {listed}.")
    return Facts(
        method=method,
        path=path,
        prefix=prefix,
        kinds=dict(route.kinds) if route else {},
        names=names,
        label=told.label,
        status=min(statuses),
        answer=answer,
        body=body,
        query=query,
        scope=told.scope,
        services=told.services,
        questions=tuple(dict.fromkeys(questions)),
        targets=tuple(dict.fromkeys(it.target for it in accepted)),
    )


def _named_apart(shapes: list[Shape | None], *, prefixes: list[str], taken: set[str]) -> list[Any]:
    named = []
    for shape, prefix in zip(shapes, prefixes, strict=True):
        known: dict[str, Thing | None] = dict.fromkeys(taken)
        named.append(shape and named_apart(shape, known, prefix=prefix))
        taken |= set(known)
    return named


def _told_by_nobody(method: str, path: str) -> Told:
    nothing = Unknown("The site has no view for it, and nothing was observed.")
    return Told(
        label=f"{method} {path}",
        statuses=set(),
        answer=nothing,
        body=nothing if method in METHODS_WITH_BODY else None,
        questions=[f"Who may call it, with which scope? The site has no view for it. {ANY_KEY}"],
    )


def _with_samples(told: Shape | None, seen: list[object], name: str) -> Shape | None:
    present = [it for it in seen if it is not None]
    if told is None or not present:
        # Without a view, a body that was never observed is none.
        is_none = isinstance(told, Unknown) and seen and "no view" in told.why
        return None if is_none else told
    return refined(told, shape_of(present, name=name))


def _query(told: Thing | None, observed: Observed, names: Names) -> Thing | None:
    members = {it.name: it for it in told.members} if told else {}
    for sample in observed:
        for parameter, _ in parse_qsl(urlsplit(sample.target).query, keep_blank_values=True):
            asks = ("Which values does the parameter `{path}` take? It was observed.",)
            text = or_null(Scalar(python="str"))
            unknown = Member(name=parameter, shape=text, is_optional=True, default=None, asks=asks)
            members.setdefault(parameter, unknown)
    if not members:
        return None
    return Thing(told.name if told else "Parameters", tuple(members.values()))


def _answer_name(names: Names) -> str:
    one = class_name(singular(names.operation.partition("_")[2]))
    return f"{one}List" if names.operation.startswith("list_") else one


def _body_name(method: str, names: Names) -> str:
    return f"{_PREFIXES.get(method, '')}{class_name(singular(names.operation.partition('_')[2]))}"
