"""No refusal of the domain is forgotten by either dialect, and every one can be read aloud."""

import importlib
import pkgutil
from collections.abc import Iterator

import pytest

import shared_domain
from api_edge.octo.problems import OCTO_ERRORS
from api_edge.octo.schemas.errors import ErrorCode
from api_edge.v1.problems import PROBLEM_STATUSES, problem_title, problem_type
from shared_domain.persons import PersonNotFound, TravelNotOver
from shared_domain.refusals import Refused
from shared_domain.rollout import StageRefused

for module in pkgutil.walk_packages(shared_domain.__path__, "shared_domain."):
    importlib.import_module(module.name)


def below(refusal: type[Refused]) -> Iterator[type[Refused]]:
    for kind in refusal.__subclasses__():
        yield kind
        yield from below(kind)


#: Those of the admin's own pages, of persons' requests and of moving endpoints, never meet the API.
OF_STAFF = (StageRefused, PersonNotFound, TravelNotOver)

EVERY_REFUSAL = {
    it
    for it in below(Refused)
    if it.__module__.startswith("shared_domain.") and not issubclass(it, OF_STAFF)
}

#: Branches that are never raised themselves; their leaves are.
BRANCHES = {
    kind for kind in EVERY_REFUSAL if "__init__" not in vars(kind) and kind.__subclasses__()
}


@pytest.mark.parametrize("table", [OCTO_ERRORS, PROBLEM_STATUSES], ids=["octo", "v1"])
def test_both_tables_are_complete(table: dict[type[Refused], object]) -> None:
    assert set(table) == EVERY_REFUSAL - BRANCHES


def test_every_code_is_one_of_octos() -> None:
    assert {error.code for error in OCTO_ERRORS.values()} <= set(ErrorCode)
    assert {error.status for error in OCTO_ERRORS.values()} == {400, 401, 403}


def test_every_problem_has_a_name_of_its_own() -> None:
    types = {problem_type(refusal) for refusal in PROBLEM_STATUSES}

    assert len(types) == len(PROBLEM_STATUSES)
    assert "urn:portico:problem:hold-expired" in types


def test_titles_are_words() -> None:
    assert all(problem_title(refusal).replace(" ", "").isalpha() for refusal in PROBLEM_STATUSES)
