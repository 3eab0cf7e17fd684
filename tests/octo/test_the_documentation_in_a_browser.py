"""Both pages of the documentation work in a browser that reaches nothing but the edge."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.harness.browser import TELEPHONE, open_page, running_chromium
from tests.octo.edge import Edge

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with running_chromium() as browser:
        yield browser


@pytest.fixture
def page(browser: Browser, edge: Edge) -> Iterator[Page]:
    """A page on which an error of a script, or a request to anywhere else, fails the test."""
    asked_for: list[str] = []
    page = open_page(browser, f"http://127.0.0.1:{edge.port}")
    page.on("pageerror", lambda error: pytest.fail(str(error)))
    page.on("request", lambda request: asked_for.append(request.url))
    yield page
    page.wait_for_load_state("networkidle")
    page.close()
    assert len(asked_for) >= 4
    ours = (f"http://127.0.0.1:{edge.port}/", f"blob:http://127.0.0.1:{edge.port}/", "data:")
    assert [url for url in asked_for if not url.startswith(ours)] == []


def test_swagger_ui_sends_a_request(page: Page, edge: Edge) -> None:
    page.goto("/docs")
    page.click("button.authorize")
    page.fill("section input", edge.keys.live)
    page.click(".auth-btn-wrapper button.authorize")
    page.click(".btn-done")

    page.click("#operations-Supplier-get_supplier .opblock-summary-control")
    page.click("#operations-Supplier-get_supplier button.execute")

    answer = page.wait_for_selector(".live-responses-table .response-col_description pre")
    assert answer is not None
    assert "Tejo Tours" in answer.inner_text()
    product = page.locator("#operations-Products-get_product")
    product.locator(".opblock-summary-control").click()
    assert product.locator("tr[data-param-name=id] input").input_value() == "river-kayak"
    page.set_viewport_size({"width": TELEPHONE[0], "height": TELEPHONE[1]})
    assert page.evaluate("document.documentElement.scrollWidth") == TELEPHONE[0]


def test_redoc_lists_every_operation(page: Page) -> None:
    page.goto("/redoc")
    page.wait_for_selector("h1")

    text = page.inner_text("#page")

    for summary in ("Reserve", "Confirm", "Cancel", "Which days are open"):
        assert summary in text
