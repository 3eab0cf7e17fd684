"""Optimistic locking of confirmation forms that begin with stored values.

The dialogs for a departure's capacity or an endpoint's budgets begin with the stored values. When
others have changed these meanwhile, the form is refused once with the changes, as the change pages
of rows are (``saves``).
"""

from collections.abc import Mapping
from typing import Any, cast

from django import forms
from django.core import signing
from django.utils.datastructures import MultiValueDict

from core_site.admin_kit.stale_pages.versions import FIELD, PageVersionField, Value, as_value
from core_site.row_history import EMPTY
from core_site.staff_messages import AdminRefused

#: Salt of the signature, so that no other signed value is accepted as the version of a dialog.
_SALT = "core_site.admin_kit.stale_pages.dialogs"


class ChangedMeanwhile(AdminRefused):
    """The stored values differ from those that a confirmation page showed when it was opened."""

    def __init__(self, changes: str) -> None:
        super().__init__(
            f"nothing was changed: others changed this after you opened the page. {changes} "
            "Send it again if yours shall stand"
        )


class FormOfStoredValues(forms.Form):
    """A form that carries, signed, the stored values with which its page was opened.

    ``stored`` may hold values that have no field; they are compared as well. Without ``stored``,
    as in a form for many rows, nothing is compared.
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
        """Refuse the form if its page was opened with values other than ``stored``.

        The caller reads ``stored`` under a lock. On a refusal, fields that the user left alone take
        the stored values, and the form sent again is compared with these.

        Raises:
            ChangedMeanwhile: the values differ; the message has the old and the new ones.
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
