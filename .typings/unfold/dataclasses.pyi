from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypedDict

from django.forms import Form
from django.http import HttpResponseBase
from unfold.enums import ActionVariant

class ActionDialog(TypedDict):
    title: str
    description: str
    form_class: type[Form] | None
    form_submit_text: str | None

@dataclass
class UnfoldAction:
    action_name: str
    method: Callable[..., HttpResponseBase | None]
    description: str
    path: str
    attrs: dict[str, Any] | None = None
    object_id: int | str | None = None
    icon: str | None = None
    variant: ActionVariant | None = ...
    dialog: ActionDialog | None = None
