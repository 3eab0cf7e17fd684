"""Each door has words of its own for every refusal of the features that it serves."""

import ast
import importlib
import pkgutil
import re
import types
import typing
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from enum import Enum
from functools import cache
from typing import Any

import pytest

import shared_domain
from api_edge import text_flaws as of_the_edge
from api_edge.http.validation_messages import WANTED
from api_edge.idempotency import header
from api_edge.octo.refusals import octo_refusal
from api_edge.octo.schemas.errors import ErrorCode, error_responses
from api_edge.v1.problems import problem_title, problem_type
from api_edge.v1.refusals import v1_refusal
from api_edge.v1.schemas import FieldError
from api_edge.v1.validation_errors import RULES
from api_edge.v1.weather_schemas import CITY_RULES
from core_site import text_flaws as of_django
from core_site.admin_kit.stale_pages.dialogs import ChangedMeanwhile
from core_site.partner_api import idempotent_calls
from core_site.partner_api.refusals import api_exception
from core_site.staff_messages import AdminRefused, staff_message
from core_site.transactions import RowLocked
from shared_domain import (
    booking_export,
    contact_data,
    events,
    idempotency,
    partners,
    users,
    weather,
)
from shared_domain.partners import Scope
from shared_domain.refusals import Refused, RefusedToStaff
from tests.harness.databases import ROOT

for module in pkgutil.walk_packages(shared_domain.__path__, "shared_domain."):
    importlib.import_module(module.name)

#: The package of each door of partners, and the words that it has.
PARTNERS_DOORS: dict[str, Callable[[Refused], str]] = {
    "api_edge/octo": lambda refusal: octo_refusal(refusal).message,
    "api_edge/v1": lambda refusal: v1_refusal(refusal).message,
    "core_site/partner_api": lambda refusal: str(api_exception(refusal)[0].detail),
}

#: Only a request to the API meets these; a key of staff's own choice can be unusable as well.
OF_REQUESTS_ALONE = tuple(
    {
        *partners.KeyRefused.__subclasses__(),
        users.UserRefused,
        events.CursorRefused,
        idempotency.IdempotencyRefused,
        booking_export.ExportCursorUnknown,
        weather.WeatherRefused,
    }
    - {partners.KeyRevoked, partners.KeyExpired, partners.PartnerInactive}
)


def leaves(refusal: type[Refused]) -> Iterator[type[Refused]]:
    """Yield the refusals below a branch that are raised themselves."""
    for kind in refusal.__subclasses__():
        if kind.__subclasses__():
            yield from leaves(kind)
        elif kind.__module__.startswith("shared_domain."):
            yield kind


EVERY_REFUSAL = sorted(set(leaves(Refused)), key=lambda kind: kind.__name__)


def samples(kind: Any) -> list[Any]:
    """Return values of a type: of an enum all, of a union some of each part."""
    origin, parts = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        return [value for part in parts for value in samples(part)]
    if origin is tuple:
        return [(samples(parts[0])[0],), tuple(samples(parts[0]))]
    if isinstance(kind, type) and issubclass(kind, Enum):
        return list(kind)
    if is_dataclass(kind):
        return variants(kind)
    return {
        str: ["sample"],
        int: [3, 1],
        bool: [False, True],
        date: [date(2026, 7, 1)],
        datetime: [datetime(2026, 7, 1, tzinfo=UTC)],
        types.NoneType: [None],
    }[kind]


def variants(kind: Any) -> list[Any]:
    """Return instances of a class: the first value of each field, then the others one by one."""
    if not is_dataclass(kind):
        return [kind()]
    hints = typing.get_type_hints(kind)
    values = {field.name: samples(hints[field.name]) for field in fields(kind)}
    first = {name: some[0] for name, some in values.items()}
    others = [first | {name: value} for name, some in values.items() for value in some[1:]]
    return [kind(**facts) for facts in (first, *others)]


#: Modules that show what a feature has stored, and call no service that could refuse.
SHOW_ONLY = (
    "api_edge/v1/events/bodies.py",
    "api_edge/v1/events/data.py",
    "api_edge/v1/events/rendering.py",
)


@cache
def imported_names(door: str) -> set[tuple[str, str]]:
    """Return what a door's modules import of the domain, but for its words: feature and name.

    The name is empty where the feature's package is imported.
    """
    found: set[tuple[str, str]] = set()
    for path in (ROOT / door).rglob("*.py"):
        if path.name == "refusals.py" or str(path.relative_to(ROOT)) in SHOW_ONLY:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module == "shared_domain":
                found |= {(alias.name, "") for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                first, _, rest = node.module.partition(".")
                if first == "shared_domain":
                    found |= {(rest.partition(".")[0], alias.name) for alias in node.names}
    return found


def imported_features(door: str) -> set[str]:
    """Return the features of which a door imports more than single refusals."""
    refusals = {kind.__name__ for kind in EVERY_REFUSAL}
    return {feature for feature, name in imported_names(door) if name not in refusals}


def refusals_at(door: str) -> list[type[Refused]]:
    """Return the refusals of the features that a door serves, and those that it imports by name."""
    features = imported_features(door)
    names = {name for _, name in imported_names(door)}
    return [
        kind
        for kind in EVERY_REFUSAL
        if (kind.__module__.split(".")[1] in features or kind.__name__ in names)
        and not issubclass(kind, RefusedToStaff)
    ]


def check_words(text: str) -> None:
    assert len(text) >= 10
    for placeholder in ("None", " object at 0x", "{", "<", "(self", "\n"):
        assert placeholder not in text.replace("<API key>", "")
    assert not re.search(r"\b1 (?!is )[a-z]+s\b", text)


def test_the_doors_serve_what_is_known_of_them() -> None:
    features = {"availability", "bookings", "catalog", "partners"}

    assert features <= imported_features("api_edge/octo")
    assert {"users", "partners"} <= imported_features("api_edge/v1")
    assert len(EVERY_REFUSAL) > 45


@pytest.mark.parametrize(
    ("door", "kind"),
    [(door, kind) for door in PARTNERS_DOORS for kind in refusals_at(door)],
    ids=lambda value: value if isinstance(value, str) else value.__name__,
)
def test_partners_read_words_of_their_door(door: str, kind: type[Refused]) -> None:
    for refusal in variants(kind):
        check_words(PARTNERS_DOORS[door](refusal))


@pytest.mark.parametrize(
    "kind",
    [kind for kind in EVERY_REFUSAL if not issubclass(kind, OF_REQUESTS_ALONE)],
    ids=lambda kind: kind.__name__,
)
def test_staff_read_words_without_the_apis_fields(kind: type[Refused]) -> None:
    for refusal in variants(kind):
        text = staff_message(refusal).text

        check_words(text)
        assert text[0].isupper() or text.startswith("sample")
        assert not text.endswith(".")
        for word in ("uuid", "unitItems", "availabilityId", "Id ", "ON_HOLD", "PENDING"):
            assert word not in text


@pytest.mark.parametrize("flaw", samples(contact_data.TextFlaw), ids=repr)
def test_a_text_that_breaks_a_rule_is_told_alike_by_both_halves(
    flaw: contact_data.TextFlaw,
) -> None:
    words = of_the_edge.say_flaw(flaw)

    check_words(words)
    assert words.startswith("must ")
    assert of_django.say_flaw(flaw) == words
    assert re.fullmatch("[a-z_]+", flaw.rule)


def test_every_problem_of_a_key_is_told_alike_by_both_halves() -> None:
    assert set(header.KEY_WORDS) == set(idempotency.KeyProblem)
    assert idempotent_calls.KEY_WORDS == header.KEY_WORDS


def test_every_rule_of_v1_has_a_name_of_ours_that_is_documented() -> None:
    assert set(RULES) == set(WANTED)
    documented = FieldError.model_fields["rule"].description or ""
    assert [name for name in set(RULES.values()) if f"`{name}`" not in documented] == []


def test_every_rule_for_a_city_has_words() -> None:
    assert set(CITY_RULES) == set(weather.CityRule)


@pytest.mark.parametrize("kind", EVERY_REFUSAL, ids=lambda kind: kind.__name__)
def test_it_carries_facts_and_no_sentence(kind: type[Refused]) -> None:
    assert is_dataclass(kind) or kind.__init__ is Exception.__init__
    if not is_dataclass(kind):
        return
    assert {"message", "wanted", "text"} & {field.name for field in fields(kind)} == set()


@pytest.mark.parametrize("refusal", [RowLocked(), ChangedMeanwhile("Capacity: 4 → 3.")])
def test_the_admins_own_refusals_are_sentences(refusal: AdminRefused) -> None:
    check_words(staff_message(refusal).text)


@pytest.mark.parametrize("kind", EVERY_REFUSAL, ids=lambda kind: kind.__name__)
def test_it_explains_itself_to_developers(kind: type[Refused]) -> None:
    assert kind.__doc__
    assert not kind.__doc__.startswith(f"{kind.__name__}(")


@pytest.mark.parametrize(
    "kind",
    [kind for kind in refusals_at("api_edge/v1") if kind in refusals_at("core_site/partner_api")],
    ids=lambda kind: kind.__name__,
)
def test_both_halves_have_one_status_and_field_under_v1(kind: type[Refused]) -> None:
    for refusal in variants(kind):
        of_edge = v1_refusal(refusal)
        exception, field = api_exception(refusal)

        assert (of_edge.status, of_edge.field) == (exception.status_code, field)


@pytest.mark.parametrize("kind", users.UserRefused.__subclasses__())
def test_under_v1_the_sentence_begins_with_the_field(kind: type[Refused]) -> None:
    for refusal in variants(kind):
        problem = v1_refusal(refusal)

        assert problem.message.startswith(f"{problem.field} ")


@pytest.mark.parametrize("kind", partners.KeyRefused.__subclasses__())
def test_a_refused_key_is_told_in_sentences_and_by_its_header(kind: type[Refused]) -> None:
    for refusal in variants(kind):
        problem = v1_refusal(refusal)

        assert problem.message[0].isupper()
        assert problem.message.endswith(".")
        assert problem.field in {"Authorization", "Octo-Env"}


def test_every_code_and_status_is_one_of_octos() -> None:
    errors = {
        octo_refusal(refusal).error
        for kind in refusals_at("api_edge/octo")
        for refusal in variants(kind)
    }

    documented = {
        example["value"]["error"]
        for response in error_responses(scope=Scope.CATALOG_READ).values()
        for example in response["content"]["application/json"]["examples"].values()
    }
    assert {error.code for error in errors} | documented <= set(ErrorCode)
    assert {error.status for error in errors} == {400, 401, 403}


def test_every_problem_has_a_name_of_its_own_in_words() -> None:
    types_ = {problem_type(kind) for kind in EVERY_REFUSAL}

    assert len(types_) == len(EVERY_REFUSAL)
    assert "urn:portico:problem:hold-expired" in types_
    assert all(problem_title(kind).replace(" ", "").isalpha() for kind in EVERY_REFUSAL)
