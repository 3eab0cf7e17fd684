"""The manifest leaves the office as a file and on paper, with every guest of the departure."""

import csv
import io

import pytest
from django.test import Client

from core_site.exports.models import Export
from core_site.manifest import page as manifest_page
from tests.admin.staff import Desk, page_of_departure
from tests.manifest.test_the_manifest_of_a_departure import manifest_of


def test_a_list_of_several_pages_is_printed_from_its_document(
    rosa: Client, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The browser would print one page of the list, and the guide miss the guests of the others."""
    desk.admissible("adult")
    desk.confirmed("adult")
    page = page_of_departure(desk.shop.departure)

    whole = rosa.get(page).content.decode()
    monkeypatch.setattr(manifest_page, "PARTIES_PER_PAGE", 1)
    divided = rosa.get(page).content.decode()

    assert "data-print" in whole
    assert "Print all (PDF)" not in whole
    assert "data-print" not in divided
    assert "Print all (PDF)" in divided
    assert "the PDF has all guests" in divided


def test_the_file_has_a_row_for_each_ticket(rosa: Client, desk: Desk) -> None:
    booking = desk.admissible("adult", "family", notes="=1+1")
    desk.change(booking, pickup_hotel="Hotel do Chiado", pickup_time="08:05")

    file = rosa.get(f"{manifest_of(desk.shop.departure)}.csv")

    rows = list(csv.DictReader(io.StringIO(file.content.decode("utf-8-sig"))))
    assert [row["unit"] for row in rows] == ["adult", "family"]
    assert [row["people"] for row in rows] == ["1", "4"]
    assert {row["lead guest"] for row in rows} == {"Clara Duarte"}
    assert {row["notes"] for row in rows} == {"'=1+1"}
    assert {row["pick-up time"] for row in rows} == {"08:05"}
    assert {row["pick-up place"] for row in rows} == {"Hotel do Chiado"}
    assert "attachment" in file["Content-Disposition"]
    record = Export.objects.get()
    assert (record.by, record.kind, record.rows) == ("rosa", "csv", 2)
    assert record.with_personal_data
    assert record.finished_at is not None


def test_the_manifest_is_a_pdf_as_well(rosa: Client, desk: Desk) -> None:
    desk.change(desk.admissible("adult", "family"), pickup_hotel="Rossio")

    file = rosa.get(f"{manifest_of(desk.shop.departure)}.pdf")

    assert file.content.startswith(b"%PDF-")
    assert "no-store" in file["Cache-Control"]
