from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar, overload

from django.db.models.expressions import BaseExpression, Combinable
from django.http import HttpResponseBase
from unfold.dataclasses import ActionDialog
from unfold.enums import ActionVariant

_Action = TypeVar("_Action", bound=Callable[..., HttpResponseBase | None])
_Column = TypeVar("_Column", bound=Callable[..., Any])

@overload
def action(function: _Action) -> _Action: ...
@overload
def action(
    function: None = None,
    *,
    permissions: Iterable[str] | None = None,
    description: str | None = None,
    url_path: str | None = None,
    attrs: dict[str, Any] | None = None,
    icon: str | None = None,
    variant: ActionVariant | None = ...,
    dialog: ActionDialog | None = None,
) -> Callable[[_Action], _Action]: ...
@overload
def display(function: _Column) -> _Column: ...
@overload
def display(
    function: None = None,
    *,
    boolean: bool | None = None,
    image: bool | None = None,
    ordering: str | Combinable | BaseExpression | None = None,
    description: str | None = None,
    empty_value: str | None = None,
    dropdown: bool | None = None,
    label: bool | str | Mapping[Any, str] | None = None,
    header: bool | None = None,
) -> Callable[[_Column], _Column]: ...
