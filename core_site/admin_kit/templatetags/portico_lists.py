"""Template tags of admin pages: filter chips and titles, list cells, counts of deleted rows."""

import re
from collections.abc import Iterable
from typing import Any

from django import forms, template
from django.contrib.admin.views.main import ChangeList
from django.template import Context
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from unfold.templatetags.unfold_list import ROW_CLASSES  # type: ignore[import-untyped]

from core_site.admin_kit.filter_chips import FilterChip, filter_chips
from core_site.admin_kit.viewer_zone import drop_own_zone

register = template.Library()

_LABEL = re.compile(r'(?<= data-label=")[^"]')
#: What Unfold writes into each cell; ``admin_kit/lists.css`` says the same once.
_CELL_CLASSES = " ".join(ROW_CLASSES)

_EMPTY = re.compile(r'class="(?=[^>]*>(?:-|–|\s|<span>[-–]</span>)*</t[dh]>\Z)')


@register.simple_tag(takes_context=True)
def active_filters(context: Context, changelist: ChangeList) -> list[FilterChip]:
    """Return the chips of a list's active filters."""
    return list(filter_chips(changelist, context["request"]))


register.filter("without_own_zone", lambda name: drop_own_zone(str(name)))


@register.filter
def titled(form: forms.Form, title: Any) -> forms.Form:
    """Return the form of a filter with its title as the label; Unfold says "By is open"."""
    for field in form.fields.values():
        field.label = capfirst(title)
    return form


@register.filter
def list_cell(cell: SafeString) -> SafeString:
    """Return a list cell with short classes and, for narrow screens, a capitalised label.

    An empty cell gets the class ``portico-empty`` and takes no line on a narrow screen. One class
    replaces Unfold's twenty-six, which would be half of the bytes of a list.
    """
    short = cell.replace(_CELL_CLASSES, "portico-cell", 1)
    named = _LABEL.sub(lambda first: first[0].upper(), short, count=1)
    return SafeString(_EMPTY.sub('class="portico-empty ', named, count=1))


@register.filter
def without_links(counts: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
    """Return the counts of rows that a deletion takes, without those of many-to-many tables.

    Django calls such a table "group-permission relationships".
    """
    return [(name, count) for name, count in counts if not name.endswith(" relationships")]
