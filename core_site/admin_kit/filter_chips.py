"""The active filters of a changelist as chips, each with a link that removes it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.admin.views.main import SEARCH_VAR, ChangeList
from django.db.models import Field
from django.http import HttpRequest
from django.utils.text import capfirst

#: How many rows the chip of a filter by related rows names.
NAMED_AT_MOST = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterChip:
    title: str
    value: str
    #: The list without this filter.
    url: str


def filter_chips(changelist: ChangeList, request: HttpRequest) -> Iterator[FilterChip]:
    """Yield a chip for the search, if there is one, and one for each active filter."""
    if changelist.query:
        url = changelist.get_query_string(remove=[SEARCH_VAR])
        yield FilterChip(title="Search", value=changelist.query, url=url)
    for spec in changelist.filter_specs:
        names = [str(name) for name in spec.expected_parameters()]
        values = {name: request.GET.getlist(name) for name in names if request.GET.get(name)}
        if values:
            url = _without(request, values)
            yield FilterChip(
                title=capfirst(str(spec.title)), value=_describe(spec, values), url=url
            )


def _without(request: HttpRequest, names: Iterable[str]) -> str:
    kept = request.GET.copy()
    for name in (*names, "p"):
        kept.pop(name, None)
    return f"?{kept.urlencode()}"


def _describe(spec: Any, values: dict[str, list[str]]) -> str:
    """Return what a filter is set to, in the words in which it was chosen."""
    first = values.get(f"{getattr(spec, 'parameter_name', '')}_from", [""])[0]
    last = values.get(f"{getattr(spec, 'parameter_name', '')}_to", [""])[0]
    if first or last:
        return (
            f"{first} to {last}" if first and last else f"from {first}" if first else f"to {last}"
        )
    emptiness = [listed[-1] for name, listed in values.items() if name.endswith("__isnull")]
    if emptiness:
        # As Django's ``prepare_lookup_value`` reads it.
        return "any" if emptiness[0].lower() in {"false", "0"} else "none"
    chosen = [value for listed in values.values() for value in listed]
    field = getattr(spec, "field", None)
    choices = getattr(spec, "lookup_choices", None)
    if field is not None and field.related_model is not None:
        return ", ".join(_related_names(field, chosen))
    if field is not None and field.get_internal_type() == "BooleanField":
        choices = [("1", "Yes"), ("True", "Yes"), ("0", "No"), ("False", "No")]
    elif field is not None and field.flatchoices:
        choices = field.flatchoices
    words = {str(value): str(title) for value, title in choices or ()}
    return ", ".join(words.get(value, value) for value in chosen)


def _related_names(field: "Field[Any, Any]", keys: Sequence[str]) -> Iterator[str]:
    model: Any = field.related_model
    rows = model._default_manager.filter(pk__in=keys)[: NAMED_AT_MOST + 1]
    names = [str(row) for row in rows]
    yield from names[:NAMED_AT_MOST]
    if len(names) > NAMED_AT_MOST:
        yield "…"
