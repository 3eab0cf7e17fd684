"""The test that asks both doors the same, and one failing test for each thing that is not known."""

import re
from collections.abc import Sequence

from core_site.rollout.scaffolding.facts import Facts
from core_site.rollout.scaffolding.naming import parameters_of
from core_site.rollout.scaffolding.shapes import Shape, Thing
from core_site.rollout.scaffolding.writing.examples import (
    broken,
    target_of,
    without_example,
    written_example,
)
from core_site.rollout.scaffolding.writing.python_text import literal, module, quoted

_SOURCES = {
    **dict.fromkeys(["ask_both", "edge_serves"], "tests.both_doors.asking_both"),
    "House": "tests.both_doors.doors",
}

_MOST_TARGETS = 5
_LONGEST_NAME = 80


def both_doors_module(facts: Facts) -> str:
    """Return the text of the test."""
    blocks = [_constants(facts), _edge_has_it(facts)]
    blocks += _of_bodies(facts, facts.body) if facts.body else _without_body(facts)
    blocks += question_tests(questions_of(facts))
    docstring = f"``{facts.title}`` is answered the same, whichever door it comes through."
    text = module(docstring, *blocks, sources=_SOURCES)
    return text.replace("\nfrom tests.", "\nimport pytest\n\nfrom tests.", 1)


def _constants(facts: Facts) -> str:
    targets = list(facts.targets[:_MOST_TARGETS]) or [target_of(facts.path, facts.kinds)]
    listed = ", ".join(map(literal, targets))
    lines = [
        "#: What to ask for. At least one of them has to be there in the tests' data.",
        f"TARGETS = [{listed}]",
    ]
    if isinstance(facts.body, Thing):
        changes = ", ".join(f"({literal(key)}, {_short(it)})" for key, it in broken(facts.body))
        lines += ["", "#: What a body may not hold, one at a time.", f"BROKEN = [{changes}]"]
    return "\n".join(lines)


def _short(value: object) -> str:
    """Return the value as a literal, a long run of one letter as a product."""
    if isinstance(value, str) and len(value) > 20 and len(set(value)) == 1:
        return f'"{value[0]}" * {len(value)}'
    return literal(value)


def _edge_has_it(facts: Facts) -> str:
    return (
        "def test_the_edge_has_it() -> None:\n"
        f"    assert edge_serves({literal(facts.method)}, {literal(facts.path)})"
    )


def _without_body(facts: Facts) -> list[str]:
    method = literal(facts.method)
    same = (
        '@pytest.mark.parametrize("target", TARGETS)\n'
        "def test_both_doors_answer_the_same(house: House, target: str) -> None:\n"
        f"    by_django, by_edge = ask_both(house, {method}, target)\n\n"
        "    assert by_edge == by_django"
    )
    unknown = (
        "def test_a_parameter_that_is_not_known(house: House) -> None:\n"
        f'    by_django, by_edge = ask_both(house, {method}, f"{{TARGETS[0]}}?colour=red")\n\n'
        "    assert by_edge == by_django"
    )
    if not facts.is_read:
        return [same]
    answered = (
        "def test_one_of_them_is_there(house: House) -> None:\n"
        f"    statuses = [ask_both(house, {method}, it)[0].status for it in TARGETS]\n\n"
        f"    assert {facts.status} in statuses, "
        + quoted(f"none of TARGETS is answered {facts.status}: name one that is")
    )
    has_query = any("?" in it for it in facts.targets[:1])
    return [same, answered] if has_query else [same, answered, unknown]


def _of_bodies(facts: Facts, body: Shape) -> list[str]:
    method = literal(facts.method)
    example = written_example(body)
    kind = "dict[str, object]" if isinstance(body, Thing) else "object"
    blocks = [
        f"def a_body(number: int) -> {kind}:\n"
        '    """Return a body that is taken, another one for each number."""\n'
        f"    return {example}",
        '@pytest.mark.parametrize("body", [{}, [], "text", 1])\n'
        "def test_a_body_of_another_kind(house: House, body: object) -> None:\n"
        f"    by_django, by_edge = ask_both(house, {method}, TARGETS[0], body)\n\n"
        "    assert by_edge == by_django",
    ]
    if isinstance(body, Thing):
        blocks += [_broken_test(method), _missing_test(method, body)]
    if not parameters_of(facts.path):
        blocks.append(
            "def test_what_is_taken_is_answered_alike(house: House) -> None:\n"
            "    by_django, by_edge = ask_both(\n"
            f"        house, {method}, TARGETS[0], a_body(1), of_the_edge=a_body(2)\n"
            "    )\n\n"
            f"    assert by_django.status == {facts.status}\n"
            "    assert by_edge.kinds == by_django.kinds"
        )
    return blocks


def _broken_test(method: str) -> str:
    return (
        '@pytest.mark.parametrize(("key", "value"), BROKEN)\n'
        "def test_a_broken_body(house: House, key: str, value: object) -> None:\n"
        f"    by_django, by_edge = ask_both(house, {method}, TARGETS[0], "
        "a_body(3) | {key: value}, of_the_edge=a_body(4) | {key: value})\n\n"
        "    assert by_edge.kinds == by_django.kinds\n"
        "    assert by_edge == by_django or by_django.status < 400"
    )


def _missing_test(method: str, body: Thing) -> str:
    names = ", ".join(literal(it.name) for it in body.members)
    return (
        f'@pytest.mark.parametrize("key", [{names}])\n'
        "def test_a_missing_key(house: House, key: str) -> None:\n"
        "    by_django, by_edge = (a_body(number) for number in (5, 6))\n"
        "    del by_django[key], by_edge[key]\n\n"
        f"    django_said, edge_said = ask_both(house, {method}, TARGETS[0], by_django, "
        "of_the_edge=by_edge)\n\n"
        "    assert edge_said.kinds == django_said.kinds\n"
        "    assert edge_said == django_said or django_said.status < 400"
    )


def questions_of(facts: Facts) -> tuple[str, ...]:
    """Return each question that becomes a failing test; what writes do only people can say."""
    if facts.is_read:
        return facts.questions
    unfit = without_example(facts.body) if facts.body else ()
    questions = [
        *facts.questions,
        *(f"Which `{path}` fits its pattern, {it}? Write one into a_body." for path, it in unfit),
        f"What does {facts.title} leave behind? Compare the rows and events of either door.",
    ]
    if parameters_of(facts.path):
        questions.append(
            f"On what is {facts.title} accepted? Make two of them, one for each door, and compare."
        )
    return tuple(questions)


def question_tests(questions: Sequence[str]) -> list[str]:
    """Return a failing test for each question."""
    tests, taken = [], set()
    for question in questions:
        name = _test_name(question)
        number = 2
        while name in taken:
            name = f"{_test_name(question)}_{number}"
            number += 1
        taken.add(name)
        tests.append(f"def {name}() -> None:\n    pytest.fail({quoted(question)})")
    return tests


def _test_name(question: str) -> str:
    asked = question.partition("?")[0]
    words = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", asked).lower()
    name = re.sub(r"[^a-z0-9]+", "_", words).strip("_")[:_LONGEST_NAME].rstrip("_")
    return f"test_{name}"
