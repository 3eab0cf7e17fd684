"""Autocomplete fields that show an invalid form again when a malformed foreign key was sent.

Django's widget looks the value up as it was sent, so a value that cannot be a key is answered with
a server error instead of the field's message (``AutocompleteMixin.optgroups``, Django 5.2).
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.admin.widgets import AutocompleteMixin
from django.core.exceptions import ValidationError
from django.db.models import ForeignKey
from django.http import HttpRequest

from core_site.admin_kit.django_types import BaseAdminMixin

if TYPE_CHECKING:
    _Autocomplete = AutocompleteMixin
else:
    _Autocomplete = object


class KeyAutocompleteMixin(BaseAdminMixin):
    """Mixin of every ``ModelAdmin`` and inline: its widgets never look up malformed keys."""

    def formfield_for_foreignkey(
        self, db_field: ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> "forms.ModelChoiceField[Any] | None":
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if field is not None and isinstance(field.widget, AutocompleteMixin):
            # mypy takes a class whose objects are hashable for one that is not itself.
            field.widget.__class__ = _of_keys_only(type(field.widget))  # type: ignore[arg-type]
        return field


class _OfKeysOnly(_Autocomplete):
    def optgroups(self, name: str, value: Sequence[str], attrs: Any = None) -> Any:
        return super().optgroups(name, [one for one in value if self._is_key(one)], attrs)

    def _is_key(self, value: str) -> bool:
        try:
            self.field.target_field.to_python(value)
        except ValidationError:
            return False
        return True


@lru_cache(maxsize=16)
def _of_keys_only(kind: type[Any]) -> type[Any]:
    return type(kind.__name__, (_OfKeysOnly, kind), {})
