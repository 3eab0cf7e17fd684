"""Books and the program of the partner that they are of."""

from typing import TYPE_CHECKING

import pytest

# Pytest reads this file before the settings exist, so what needs Django is imported late.
if TYPE_CHECKING:
    from tests.statements.books import Books, Program


@pytest.fixture
def books(db: None) -> "Books":
    from tests.statements.books import open_books

    return open_books()


@pytest.fixture
def alice(books: "Books") -> "Program":
    from tests.statements.books import program_of

    return program_of(books.alice)
