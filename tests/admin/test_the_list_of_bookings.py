"""The list of bookings says what it is filtered by, in staff's words, and each row is one line."""

import pytest
from django.contrib import admin
from django.test import Client

from core_site.admin_kit.field_labels import FIELD_LABELS
from core_site.admin_kit.viewer_zone import COOKIE
from tests.admin.staff import Desk, text_of

LIST = "/admin/bookings/booking/"


def chips(client: Client, query: str) -> dict[str, str]:
    """Return what the chips say, with the list that each leads to."""
    page = client.get(f"{LIST}?{query}")
    shown = page.content.decode().partition('<ul class="portico-chips"')[2].partition("</ul>")[0]
    parts = [part.partition("</span><a href=") for part in shown.split("<li><span>")[1:]]
    return {
        " ".join(words.replace('<span class="portico-chip-title">', "").split("</span>")):
            rest.split('"')[1].replace("&amp;", "&")
        for words, _, rest in parts
    }  # fmt: skip


def test_each_active_filter_is_a_chip_that_takes_it_away(rosa: Client, desk: Desk) -> None:
    desk.confirmed()
    kayak, alice = desk.shop.kayak.pk, desk.shop.alice

    said = chips(
        rosa,
        f"status=CONFIRMED&product__id__exact={kayak}&partner__id__exact={alice}"
        "&departure__local_date_from=2026-01-01&test_mode__exact=0&q=duarte&p=1",
    )

    words = [" ".join(chip.split()) for chip in said]
    assert words == [
        "Search: duarte", "Status: Confirmed", "Day of travel: from 2026-01-01", "Product: kayak",
        "Partner: alice", "Test: No",
    ]  # fmt: skip
    without_status = [*said.values()][1]
    assert "status=" not in without_status
    assert {"q=duarte", "test_mode__exact=0"} <= set(without_status.strip("?").split("&"))
    assert "p=1" not in without_status.split("&")
    assert chips(rosa, "") == {}
    (no_partner,) = chips(rosa, "partner__isnull=True")
    assert " ".join(no_partner.split()) == "Partner: none"


def test_a_chip_shows_what_was_typed_and_runs_nothing(rosa: Client, desk: Desk) -> None:
    page = rosa.get(LIST, {"q": "<script>alert(1)</script>"})

    assert b"<script>alert(1)" not in page.content


def test_filters_are_titled_in_words(rosa: Client, desk: Desk) -> None:
    for path in (LIST, "/admin/catalog/departure/", "/admin/catalog/product/"):
        said = text_of(rosa.get(path))

        assert "By is open" not in said
        assert " By " not in said.replace("By hand", "")
    assert "Open for sale" in text_of(rosa.get("/admin/catalog/departure/"))


@pytest.mark.parametrize("label", FIELD_LABELS)
def test_the_list_of_names_has_no_stale_one(label: str) -> None:
    models = {model._meta.label_lower: model for model in admin.site._registry}
    fields = {field.name: field.verbose_name for field in models[label]._meta.concrete_fields}

    assert FIELD_LABELS[label].items() <= fields.items()


@pytest.mark.parametrize("label", FIELD_LABELS)
def test_constraints_name_columns_as_forms_do(label: str) -> None:
    model = {model._meta.label_lower: model for model in admin.site._registry}[label]
    said = [rule.get_violation_error_message().lower() for rule in model._meta.constraints]
    renamed = {
        name.replace("_", " ") for name, words in FIELD_LABELS[label].items() if "_" in name
    } - set(FIELD_LABELS[label].values())

    assert [text for text in said for name in renamed if name in text] == []
    assert [text for text in said if "_" in text.replace("constraint “", "").split("”")[-1]] == []


def test_a_list_on_a_telephone_names_values_as_sentences_and_leaves_out_none(
    rosa: Client, desk: Desk
) -> None:
    desk.confirmed()
    row = rosa.get("/admin/catalog/departure/").content.decode().partition("data-row")[2]

    assert 'data-label="Places taken"' in row
    assert 'class="portico-empty field-by_hand' in row


def test_money_stands_with_its_currency_in_one_line(rosa: Client, desk: Desk) -> None:
    desk.confirmed()

    assert "<span class='portico-money'>EUR " in rosa.get(LIST).content.decode()


def test_a_time_names_its_zone_unless_the_viewer_is_in_it(rosa: Client, desk: Desk) -> None:
    desk.confirmed()
    assert "Europe/Lisbon" in text_of(rosa.get(LIST))

    rosa.cookies[COOKIE] = "Europe%2FLisbon"
    assert "Europe/Lisbon" not in text_of(rosa.get(LIST))

    rosa.cookies[COOKIE] = "Asia/Tokyo"
    assert "Europe/Lisbon" in text_of(rosa.get(LIST))
