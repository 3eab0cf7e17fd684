"""Every "no" of the business has a sentence for the caller, and names the field it is about."""

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest

import shared_domain
from shared_domain.refusals import Refused

#: A value for each name or type that the refusals are made with.
BY_NAME = {
    "message": "uuid is CANCELLED; only a booking ON_HOLD can be confirmed",
    "fields": ["contact.lastName"],
    "field": "unitItems[0].unitId",
    "offered": ["EUR", "GBP"],
    "wanted": "must be an e-mail address such as guest@example.com",
    "accompanied_by": ["adult"],
}
BY_TYPE = {
    "str": "sample",
    "int": 3,
    "datetime": datetime(2026, 7, 1, tzinfo=UTC),
    "bool": True,
    "date": date(2026, 7, 1),
}


def refusals() -> list[type[Refused]]:
    for module in pkgutil.walk_packages(shared_domain.__path__, "shared_domain."):
        importlib.import_module(module.name)
    return sorted(_leaves(Refused), key=lambda leaf: f"{leaf.__module__}.{leaf.__name__}")


def _leaves(refusal: type[Refused]) -> Iterator[type[Refused]]:
    for child in refusal.__subclasses__():
        is_branch = child.__subclasses__() and "__init__" not in vars(child)
        if not is_branch:
            yield child
        yield from _leaves(child)


def make(refusal: type[Refused]) -> Refused:
    arguments: list[Any] = []
    named: dict[str, Any] = {}
    for parameter in inspect.signature(refusal).parameters.values():
        kind = str(parameter.annotation).removeprefix("<class '").removesuffix("'>")
        kind = kind.rpartition(".")[2].partition(" | ")[0]
        if parameter.name in BY_NAME:
            value: Any = BY_NAME[parameter.name]
        elif kind in BY_TYPE:
            value = BY_TYPE[kind]
        elif parameter.default is not parameter.empty:
            continue
        else:
            value = ["sample"]
        if parameter.kind is parameter.KEYWORD_ONLY:
            named[parameter.name] = value
        else:
            arguments.append(value)
    return refusal(*arguments, **named)


REFUSALS = refusals()


def test_all_features_are_there() -> None:
    features = {refusal.__module__.split(".")[1] for refusal in REFUSALS}

    assert {"availability", "bookings", "catalog", "partners"} <= features
    assert len(REFUSALS) > 30


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: refusal.__name__)
def test_it_says_something(refusal: type[Refused]) -> None:
    said = str(make(refusal))

    assert len(said) > 15
    assert "None" not in said
    assert " object at 0x" not in said


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: refusal.__name__)
def test_it_explains_itself_to_developers(refusal: type[Refused]) -> None:
    assert refusal.__doc__
    assert refusal.__doc__ != Refused.__doc__


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: refusal.__name__)
def test_a_field_that_partners_send_is_named_in_the_sentence(refusal: type[Refused]) -> None:
    made = make(refusal)
    is_for_partners = made.field is not None and made.field != "Authorization"
    has_own_sentence = "message" not in inspect.signature(refusal).parameters

    if is_for_partners and has_own_sentence and "partners" not in refusal.__module__:
        assert made.field is not None
        named = made.field.partition("[")[0].partition(".")[0]
        assert named in str(made) or named.removesuffix("Start") in str(made)
