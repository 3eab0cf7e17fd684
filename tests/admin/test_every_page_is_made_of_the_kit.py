"""Every page of the admin derives from the kit, so that all of them keep its promises."""

import pytest
from django.contrib import admin
from django.urls import resolve, reverse

from core_site.admin_kit.model_admin import ModelAdmin, StackedInline, TabularInline

PAGES = list(admin.site._registry.values())


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_a_page_derives_from_the_kit(page: admin.ModelAdmin) -> None:
    assert isinstance(page, ModelAdmin)
    assert all(issubclass(inline, TabularInline | StackedInline) for inline in page.inlines)


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_rows_are_edited_on_their_pages_only(page: admin.ModelAdmin) -> None:
    """A list that can be edited would save without looking what changed meanwhile."""
    assert not page.list_editable


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_an_address_leads_to_its_own_page(page: admin.ModelAdmin) -> None:
    """Of two pages with one address, Django opens the first and never says so."""
    for pattern in page.get_urls():
        if pattern.name is None:
            continue
        arguments = dict.fromkeys(pattern.pattern.converters, 1)
        address = reverse(f"admin:{pattern.name}", kwargs=arguments)
        assert resolve(address).url_name == pattern.name
