"""Statements come as JSON or CSV, say the same in both, and name no guest."""

import csv
import io
from typing import Any

import pytest

from shared_domain import spreadsheets
from tests.statements.books import Books, Program, program_of


def rows_of(content: bytes) -> list[dict[str, str]]:
    text = content.decode(spreadsheets.ENCODING)
    return list(csv.DictReader(io.StringIO(text, newline="")))


def as_text(row: dict[str, Any]) -> dict[str, str]:
    return {key: "" if value is None else str(value) for key, value in row.items()}


def full_books(books: Books) -> None:
    books.enter(on="2026-07-14", reseller_reference='She said "hi", twice\n')
    books.enter(on="2026-07-02", reseller_reference=None, currency="GBP")
    books.cancel("PARTIAL", on="2026-07-20", net_minor=3333)
    books.cancel("FULL", on="2026-07-03")
    books.enter(on=None)
    books.enter("REDEEMED", on="2026-06-03", net_minor=7, reseller_reference="日本-1")
    books.enter(on="2025-12-31", net_minor=9)


def test_a_line_says_what_was_sold_and_not_to_whom(books: Books, alice: Program) -> None:
    booking = books.enter(notes="a surprise", reseller_reference="ALICE-1")

    answer = alice.get("/v1/statements/2026-07")

    assert answer.json()["lines"] == [
        {
            "uuid": str(booking.uuid),
            "supplierReference": booking.supplier_reference,
            "resellerReference": "ALICE-1",
            "status": "CONFIRMED",
            "refund": None,
            "travelDate": "2026-07-14",
            "productId": "kayak",
            "currency": "EUR",
            "netMinor": 3600,
            "owedMinor": 3600,
        }
    ]
    for personal in (b"Clara", b"clara@", b"surprise"):
        assert personal not in answer.content


def test_the_list_sums_up_every_month_newest_first(books: Books, alice: Program) -> None:
    full_books(books)

    months = alice.get("/v1/statements").json()["items"]

    assert [month["month"] for month in months] == ["2026-07", "2026-06", "2026-05", "2025-12"]
    for month in months:
        assert alice.statement(month["month"])["totals"] == month["totals"]


def test_totals_are_the_sums_of_the_lines(books: Books, alice: Program) -> None:
    full_books(books)

    statement = alice.statement("2026-07")

    for total in statement["totals"]:
        lines = [line for line in statement["lines"] if line["currency"] == total["currency"]]
        assert total["bookings"] == len(lines)
        assert total["owedMinor"] == sum(line["owedMinor"] for line in lines)


@pytest.mark.parametrize("month", ["2026-07", "2026-05", "2026-06", "2031-01"])
def test_the_csv_of_a_month_equals_its_json(books: Books, alice: Program, month: str) -> None:
    full_books(books)

    answer = alice.get(f"/v1/statements/{month}?format=csv")

    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == (
        f'attachment; filename="statement-{month}.csv"'
    )
    lines = alice.statement(month)["lines"]
    assert rows_of(answer.content) == [as_text(line) for line in lines]
    assert answer.content.startswith(b"\xef\xbb\xbfuuid,supplierReference,resellerReference,")


def test_no_cell_of_a_statement_is_run_and_amounts_stay_numbers(
    books: Books, alice: Program
) -> None:
    books.enter(on="2026-07-14", reseller_reference='=HYPERLINK("http://evil.example")')
    books.enter(on="2026-07-15", reseller_reference="São-1")

    rows = rows_of(alice.get("/v1/statements/2026-07?format=csv").content)

    assert [row["resellerReference"] for row in rows] == [
        '\'=HYPERLINK("http://evil.example")',
        "São-1",
    ]
    assert {row["netMinor"] for row in rows} == {"3600"}
    lines = alice.statement("2026-07")["lines"]
    assert lines[0]["resellerReference"] == '=HYPERLINK("http://evil.example")'


def test_the_csv_of_the_list_equals_its_json(books: Books, alice: Program) -> None:
    full_books(books)

    answer = alice.get("/v1/statements", accept="text/csv")

    months = alice.get("/v1/statements").json()["items"]
    assert rows_of(answer.content) == [
        as_text({"month": month["month"], **total}) for month in months for total in month["totals"]
    ]


@pytest.mark.parametrize(
    ("query", "accept", "kind"),
    [
        ("", "*/*", "application/json"),
        ("", "application/json", "application/json"),
        ("", "text/csv", "text/csv; charset=utf-8"),
        ("", "text/csv, */*;q=0.1", "text/csv; charset=utf-8"),
        ("?format=csv", "application/json, */*", "text/csv; charset=utf-8"),
        ("?format=json", "text/csv, */*", "application/json"),
    ],
)
def test_the_format_can_be_asked_for_in_two_ways(
    books: Books, alice: Program, query: str, accept: str, kind: str
) -> None:
    answer = alice.get(f"/v1/statements{query}", accept=accept)

    assert answer.headers["Content-Type"] == kind
    assert answer.headers["Vary"] == "Accept"


@pytest.mark.parametrize("path", ["/v1/statements", "/v1/statements/2026-07"])
def test_more_bookings_ask_no_more_questions(
    books: Books, alice: Program, path: str, django_assert_max_num_queries: Any
) -> None:
    def questions() -> int:
        with django_assert_max_num_queries(5) as asked:
            assert alice.get(path).status_code == 200
        return len(asked)

    full_books(books)
    few = questions()
    for _ in range(10):
        full_books(books)

    # The first call of a while is also written down as one that Django answered.
    assert questions() <= few


@pytest.mark.parametrize(
    "month",
    ["2026", "2026-7", "2026-13", "2026-00", "0000-01", "2026-07-01", "july", "２０２６-07"],
)
def test_a_month_that_does_not_exist_is_refused(alice: Program, month: str) -> None:
    answer = alice.get(f"/v1/statements/{month}")

    assert (answer.status_code, answer.json()["field"]) == (422, "month")
    assert answer.json()["detail"] == "month: This field must be a month such as 2026-07."


@pytest.mark.parametrize("month", ["0001-01", "1999-12", "2028-02", "9999-12"])
def test_any_other_month_has_a_statement_if_an_empty_one(alice: Program, month: str) -> None:
    assert alice.statement(month)["totals"] == []


@pytest.mark.parametrize("path", ["/v1/statements", "/v1/statements/2026-07"])
def test_unknown_parameters_are_refused_by_name(alice: Program, path: str) -> None:
    unknown = alice.get(f"{path}?year=2026")
    format_ = alice.get(f"{path}?format=pdf")

    assert (unknown.status_code, unknown.json()["field"]) == (422, "year")
    assert unknown.json()["detail"] == "year: Unexpected field."
    assert (format_.status_code, format_.json()["field"]) == (422, "format")
    assert format_.json()["errors"][0]["rule"] == "invalid_choice"
    assert format_.json()["detail"] == "format: This field must be json or csv."
    assert alice.get(path, accept="application/pdf").status_code == 406


@pytest.mark.parametrize("path", ["/v1/statements", "/v1/statements/2026-07"])
def test_statements_need_the_scope_of_bookings(books: Books, path: str) -> None:
    answer = program_of(books.alice, scope="catalog:read").get(f"{path}?format=pdf")

    assert answer.status_code == 403
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert "'bookings:read'" in answer.json()["detail"]


def test_a_test_key_sees_that_tests_owe_nothing(books: Books) -> None:
    books.enter()
    books.enter(test_mode=True)

    testing = program_of(books.alice, is_test=True)

    assert testing.get("/v1/statements").json() == {"items": []}
    assert testing.statement("2026-07")["lines"] == []


def test_a_live_key_owes_nothing_in_the_test_environment(books: Books, alice: Program) -> None:
    books.enter()

    assert alice.get("/v1/statements", **{"octo-env": "test"}).json() == {"items": []}
    assert alice.get("/v1/statements/2026-07", **{"octo-env": "test"}).json()["lines"] == []


def test_an_address_that_does_not_exist_is_a_problem(alice: Program) -> None:
    answer = alice.get("/v1/statement")

    assert (answer.status_code, answer.json()["status"]) == (404, 404)
    assert answer.json()["requestId"] == answer.headers["X-Request-Id"]
