"""Where a browser has no picker of months, a wrong one that is typed is told what is right."""

from tests.admin.staff import logged_in, text_of
from tests.statements.books import Books

OPEN = "/admin/statements/partnerpayment/open/"


def test_what_is_open_says_how_a_month_is_written(books: Books) -> None:
    refused = logged_in("statements.view_partnerpayment").get(f"{OPEN}?until=July")

    said = text_of(refused)
    assert refused.status_code == 400
    assert "Months to: Write the month like 2026-07." in said
    assert "Every statement is settled" not in said
