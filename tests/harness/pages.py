"""What Django's test client keeps of a page, and pages of which only the context is wanted.

A page of the admin takes 50 to 300 ms to render, and its view a third of that: a test that asks
what a form says or which rows a list has leaves the rendering to those that read the page.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from html.parser import HTMLParser
from typing import Any

from django.template import Context, RequestContext, Template
from django.test import Client
from django.test.signals import template_rendered
from django.test.utils import ContextList

#: What a page was rendered with; a page without templates has a dictionary.
PageContext = ContextList | dict[str, Any]

_are_rendered = ContextVar("_are_rendered", default=True)


def remember_whole_pages_only() -> None:
    """Let Django's test client keep the template and the context of a page, not of its parts.

    By default it copies the whole context for each part and each widget that a page includes,
    hundreds of times: a quarter of the CPU of a page with a form (0.83 s for 8 pages; 0.60).
    Undone at the end of the run, with the rest of Django's test environment.
    """

    def render(self: Template, context: Context) -> str:
        if isinstance(context, RequestContext) and context.template is self:
            template_rendered.send(sender=self, template=self, context=context)
            if not _are_rendered.get():
                return ""
        return self.nodelist.render(context)

    Template._render = render  # type: ignore[attr-defined]  # django-stubs lacks it


@contextmanager
def not_rendered() -> Iterator[None]:
    """Leave every page empty that a view answers with in this block; its context is complete.

    Nothing can be said of the content of such a page, so hand on its context only.
    """
    before = _are_rendered.set(False)
    try:
        yield
    finally:
        _are_rendered.reset(before)


def context_of(client: Client, path: str, query: dict[str, str] | None = None) -> PageContext:
    """Return what the page is rendered with, without rendering it; the page must be there."""
    with not_rendered():
        page = client.get(path, query)
    assert page.status_code == 200, (path, page.status_code)
    return page.context


def count_elements(page: str) -> int:
    """Return how many elements a browser makes of a page at least: one for each start tag."""
    counter = _ElementCounter()
    counter.feed(page)
    return counter.count


class _ElementCounter(HTMLParser):
    count = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.count += 1
