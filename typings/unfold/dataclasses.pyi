from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponseBase
from unfold.enums import ActionVariant

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
