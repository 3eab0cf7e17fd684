"""Optimistic locking of confirmation forms that begin with stored values.

Changing a departure's capacity or an endpoint's budgets shows what is set now. Who answers after
others have set something else is told so first, as on the pages of rows (``saves``).
"""

from collections.abc import Mapping
from typing import Any, cast

from django import forms
from django.core import signing
from django.utils.datastructures import MultiValueDict

from core_site.admin_kit.stale_pages.versions import FIELD, PageVersionField, Value, as_value
from core_site.row_history import EMPTY
from core_site.staff_messages import AdminRefused

#: Salt of the signature, so that no other signed value passes for what a dialog showed.
_SALT = "core_site.admin_kit.stale_pages.dialogs"


class ChangedMeanwhile(AdminRefused):
    """The values that a confirmation page showed are no longer those that are stored."""

    def __init__(self, changes: str) -> None:
        super().__init__(
            f"nothing was changed: others changed this after you opened the page. {changes} "
            "Send it again if yours shall stand"
        )


class FormOfStoredValues(forms.Form):
    """A form that carries the values it was opened with; ``stored`` also names what has no field.

    Without ``stored``, as for many rows at once, it is held against nothing.
    """

    page_version = PageVersionField()

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        stored: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(data, initial=None if stored is None else {**stored}, **kwargs)
        if stored is not None:
            self.initial[FIELD] = self._sign(stored)

    def hold_against(self, stored: Mapping[str, Any]) -> None:
        """Refuse what was opened with other values than these, read under a lock.

        Fields that were left alone follow, and the next answer is held against these values.

        Raises:
            ChangedMeanwhile: it says what was changed, from what to what.
        """
        sent = self.data.get(FIELD)
        if not sent:
            return
        try:
            shown: dict[str, Value] = signing.loads(sent, salt=_SALT)
        except signing.BadSignature:
            shown = {}
        now = self._values(stored)
        changed = [name for name, value in now.items() if shown.get(name) != value]
        if not changed:
            return
        data = cast("MultiValueDict[str, Any]", self.data).copy()
        data[FIELD] = self._sign(stored)
        for name in self.fields.keys() & set(changed):
            if as_value(self.fields[name], self.cleaned_data.get(name)) == shown.get(name):
                data[name] = now[name]
        self.data = data
        raise ChangedMeanwhile(" ".join(self._describe(name, shown, now) for name in changed))

    def _describe(self, name: str, shown: Mapping[str, Value], now: Mapping[str, Value]) -> str:
        label = (self.fields[name].label if name in self.fields else None) or name.capitalize()
        return f"{label}: {shown.get(name) or EMPTY} → {now[name] or EMPTY}."

    def _sign(self, stored: Mapping[str, Any]) -> str:
        return signing.dumps(self._values(stored), salt=_SALT, compress=True)

    def _values(self, stored: Mapping[str, Any]) -> dict[str, Value]:
        return {
            name: as_value(self.fields.get(name) or forms.Field(), value)
            for name, value in stored.items()
        }
