"""A statement's lines are read a page at a time, forwards and back, each line once and in order."""

from uuid import uuid4

import pytest

from core_site import stores
from core_site.bookings.models import Booking
from core_site.statements.pages import LINES_SHOWN
from shared_domain import statements
from shared_domain.partners import Access
from shared_domain.run_now import run_now
from shared_domain.statements import Line, LinePlace, LinesPage, Month
from tests.admin.staff import logged_in
from tests.statements.books import Books

JULY = Month(2026, 7)


@pytest.fixture
def july(books: Books) -> Books:
    """Seven lines of Alice's: some of one day, some without a date; others of Bob and of August."""
    for day in ("2026-07-31", "2026-07-02", None, "2026-07-02", None, "2026-07-14"):
        books.enter(on=day, sale_date="2026-07-20")
    books.enter(on=None, sale_date="2026-07-01")
    books.enter(on="2026-08-01")
    books.enter(on="2026-07-02", partner_id=books.bob)
    books.enter(on="2026-07-02", test_mode=True)
    return books


def read(books: Books, most: int, **beyond: LinePlace | None) -> LinesPage:
    access = Access(partner_id=books.alice, test_mode=False)
    store = stores.statements()
    return run_now(statements.statement_page(JULY, access=access, most=most, store=store, **beyond))


def all_lines(books: Books) -> list[Line]:
    return run_now(stores.statements().lines(books.alice, JULY))


@pytest.mark.parametrize("most", [1, 2, 3, 5, 7, 100])
def test_there_and_back(july: Books, most: int) -> None:
    expected = all_lines(july)
    assert len(expected) == 7
    pages = [read(july, most)]
    assert pages[0].before is None
    while pages[-1].after is not None:
        pages.append(read(july, most, after=pages[-1].after))

    assert [line for page in pages for line in page.lines] == expected
    assert {len(page.lines) for page in pages[:-1]} <= {most}

    back = [pages[-1]]
    while back[-1].before is not None:
        back.append(read(july, most, before=back[-1].before))
    assert [line for page in reversed(back) for line in page.lines] == expected
    assert back[-1].lines == pages[0].lines


def test_a_test_key_reads_nothing(july: Books) -> None:
    access = Access(partner_id=july.alice, test_mode=True)
    page = run_now(
        statements.statement_page(JULY, access=access, most=5, store=stores.statements())
    )
    assert page == LinesPage((), None, None)


@pytest.mark.parametrize(
    "text", ["", "2026-07-14", "2026-02-30.1", "2026-07-14.-1", "any.1", "2026-07-14.1" + "0" * 30]
)
def test_what_no_page_has_written_is_not_found(books: Books, text: str) -> None:
    staff = logged_in("statements.view_partnerpayment", username="ines")
    page = f"/admin/statements/partnerpayment/of/{books.alice}/2026-07/"

    assert staff.get(page, {"after": text}).status_code == 404
    assert staff.get(page, {"before": str(LinePlace(False, JULY.last_day, 7))}).status_code == 200


def test_a_place_is_read_as_it_was_written() -> None:
    for place in (LinePlace(True, JULY.first_day, 0), LinePlace(False, JULY.last_day, 12)):
        assert LinePlace.from_text(str(place)) == place


def test_the_page_links_to_the_next_lines(books: Books) -> None:
    line = books.enter()
    Booking.objects.bulk_create(
        Booking(**values | {"id": None, "uuid": uuid4(), "supplier_reference": f"PT-L{number}"})
        for values in Booking.objects.filter(pk=line.pk).values()
        for number in range(LINES_SHOWN)
    )
    staff = logged_in("statements.view_partnerpayment", username="ines")
    path = f"/admin/statements/partnerpayment/of/{books.alice}/2026-07/"

    first = staff.get(path)
    more = staff.get(path + first.context["more"])

    assert f"{LINES_SHOWN} of {LINES_SHOWN + 1} bookings" in first.content.decode()
    assert (first.context["earlier"], more.context["more"]) == ("", "")
    assert len(more.context["lines"]) == 1
    back = staff.get(path + more.context["earlier"])
    assert back.context["lines"] == first.context["lines"]
