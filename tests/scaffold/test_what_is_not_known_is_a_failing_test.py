"""What could not be inferred is a failing test that says what is missing and why."""

import warnings
from typing import Any

import pytest

from core_site.rollout.scaffold import schemas
from tests.scaffold.conftest import ENDPOINTS, Generated, Tried

NO_SERIALIZER = "What is the type of {}? No serializer says it, and no recorded value."


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_each_question_is_asked(generated: Generated, tried: Tried, endpoint: str) -> None:
    for question in generated.questions[endpoint]:
        assert question in tried.failures


@pytest.mark.parametrize(
    ("endpoint", "question"),
    [
        ("GET /v1/boats", NO_SERIALIZER.format("Boat.extra")),
        ("GET /v1/boats", 'unable to resolve type hint for function "get_owed"'),
        ("GET /v1/boats", "In which order are the items, and where does a page end? "
         "Pagination: Pages."),
        ("POST /v1/boats", "and which may be null? Boat.weight_kg, Boat.formerHarbours, "),
        ("POST /v1/boats", "Which status and headers does a success have? Now 201; recorded: none"),
        ("POST /v1/boats", "What does POST /v1/boats leave behind?"),
        ("POST /v1/boats", "BoatRequest.price is generated without this constraint"),
        ("POST /v1/users", "run no validation code of a serializer."),
        ("PATCH /v1/boats/{pk}", "Which callers are let in? The view's permissions: AllowAny."),
        ("POST /v1/boats/{pk}/launch", NO_SERIALIZER.format("CreateBoatsPkLaunchBody")),
        ("POST /v1/trips", NO_SERIALIZER.format("TripRequest.guests[]")),
        ("POST /v1/trips", NO_SERIALIZER.format("TripRequest.notes.*")),
        ("GET /v1/tides/{port}", NO_SERIALIZER.format("GetTidesPortAnswer.pilots[].name")),
        ("GET /v1/tides/{port}", NO_SERIALIZER.format("GetTidesPortAnswer.warnings")),
        ("GET /v1/tides/{port}", "and which may be null? GetTidesPortAnswer.spring."),
        ("GET /v1/tides/{port}", "Which query parameters does it take? Recorded: day."),
        ("GET /v1/tides/{port}", "When is it refused, with which status and body? "
         "Recorded: 200, 404."),
        ("GET /v1/tides/{port}", "Which callers are let in? The view's permissions: unknown."),
        ("GET /v1/statements/{month}", "How is it answered as text/csv?"),
    ],
)  # fmt: skip
def test_the_questions_say_what_is_missing_and_why(
    generated: Generated, endpoint: str, question: str
) -> None:
    assert question in "\n".join(generated.questions[endpoint])


def test_what_a_serializer_says_is_not_asked(generated: Generated) -> None:
    asked = " ".join(generated.questions["GET /v1/boats"])

    assert not any(f".{known}?" in asked for known in ("crew", "price", "harbour", "tags", "kind"))
    assert "Which callers" not in asked


def test_what_the_process_cleans_up_meanwhile_is_not_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    generate = schemas.generate

    def generate_beside_garbage(*document: Any, **options: Any) -> object:
        warnings.warn("unclosed <socket>", ResourceWarning, stacklevel=2)
        return generate(*document, **options)

    monkeypatch.setattr(schemas, "generate", generate_beside_garbage)

    _, questions = schemas.write_models({"Boat": {"type": "object", "properties": {"price": {}}}})

    assert questions
    assert not any("unclosed" in question for question in questions)


def test_a_service_that_is_not_written_says_what_to_write(generated: Generated) -> None:
    service = generated.text("shared_domain/boats/services.py")

    assert 'NotImplementedError("do what tests.scaffold.boats.Boats does' in service


def test_the_edge_has_none_of_them_before_it_is_wired(tried: Tried) -> None:
    assert tried.failures.count("::test_the_edge_has_it") == len(ENDPOINTS)
    assert " passed" not in tried.failures
    assert " error" not in tried.failures
