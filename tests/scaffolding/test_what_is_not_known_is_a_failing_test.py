"""What could not be inferred is a failing test with the question, and so is what is not written."""

import ast
import subprocess
import sys

import pytest

from tests.scaffolding.conftest import ENDPOINTS, Generated


@pytest.fixture(scope="module")
def said(generated: Generated) -> str:
    """What pytest says about every generated test that needs neither Django nor the edge."""
    nodes = [
        f"{path}::{function.name}"
        for path in generated.paths
        if path.startswith("tests/")
        for function in ast.parse(generated.text(path)).body
        if isinstance(function, ast.FunctionDef)
        and function.name.startswith("test_")
        and not function.args.args
    ]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--tb=line", *nodes],
        cwd=generated.root, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1, done.stdout + done.stderr
    assert f"{len(nodes)} failed" in done.stdout
    return done.stdout


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_each_question_is_asked(generated: Generated, said: str, endpoint: str) -> None:
    for question in generated.drafts[endpoint].questions:
        assert question in said


@pytest.mark.parametrize(
    ("endpoint", "questions"),
    [
        (
            "GET /v1/boats/{pk}",
            [
                "What is the type of `owed`? The serializer says SerializerMethodField, and "
                "BoatSerializer.get_owed has no return annotation.",
                "What is the type of `extra`? The serializer says JSONField.",
            ],
        ),
        (
            "POST /v1/boats",
            [
                "Which values of `mail` does EmailValidator turn down?",
                "Which values of `plate` does BoatSerializer.validate_plate turn down?",
                "Is `weight_kg` the same when it is left out as when it is null? "
                "The serializer allows both.",
                r"Which `plate` fits its pattern, ^[A-Z]{2}-[0-9]+\z? Write one into a_body.",
                "What does POST /v1/boats leave behind? "
                "Compare the rows and events of either door.",
            ],
        ),
        ("GET /v1/boats", ["Which parameters does Pages take from the query?"]),
        (
            "PATCH /v1/boats/{pk}",
            [
                "Who is a caller with the scope `boats:write`? The edge's authentication.py has no "
                "type for it. Until that is said in the endpoint, any key is let in."
            ],
        ),
        (
            "DELETE /v1/boats/{pk}",
            [
                "Who may call it, with which scope? The view's `scopes` do not name this method. "
                "Until that is said in the endpoint, any key is let in."
            ],
        ),
        (
            "POST /v1/boats/{pk}/launch",
            [
                "What is the type of the whole body in the request? tests.scaffolding.boats.launch "
                "reads it without a serializer.",
                "When is it refused, and as which refusals of the domain? The view knows status "
                "400 (in a response).",
            ],
        ),
        (
            "GET /v1/trips",
            [
                "What is the type of the whole body? tests.scaffolding.boats.Trips.list puts it "
                "together by itself.",
                "Which values does the parameter `since` take? The view reads it by itself.",
            ],
        ),
        (
            "POST /v1/trips",
            [
                "What is the type of `guests`? The serializer says ListField, and not of what.",
                "What does TripSerializer.validate turn down?",
            ],
        ),
        (
            "GET /v1/tides/{port}",
            [
                "What is the type of `warnings[]`? It was observed as an empty list only.",
                "What is the type of `moon`? It was observed as null only.",
            ],
        ),
        (
            "GET /v1/statements/{month}",
            [
                "How is it answered as text/csv? The view has CsvRenderer.",
                "What stands in the header `Content-Disposition` of the answer? The view sends "
                "f'attachment; filename=\"{filename}\"'.",
            ],
        ),
    ],
)
def test_the_questions_say_what_is_missing_and_why(
    generated: Generated, endpoint: str, questions: list[str]
) -> None:
    assert set(questions) <= set(generated.drafts[endpoint].questions)


def test_what_a_serializer_says_is_not_asked(generated: Generated) -> None:
    asked = " ".join(generated.drafts["GET /v1/boats/{pk}"].questions)

    for known in ("`crew", "`price`", "`harbour", "`tags", "`kind`", "`date`"):
        assert known not in asked


def test_a_service_that_is_not_written_says_what_to_write(generated: Generated) -> None:
    service = generated.text("shared_domain/boats/services.py")

    assert "raise NotImplementedError" in service
    assert "write create_boat: do what tests.scaffolding.boats.Boats.post does" in service


def test_the_edge_has_none_of_them_before_it_is_wired(said: str) -> None:
    assert said.count("::test_the_edge_has_it") == len(ENDPOINTS)
