"""Forms for redeeming tickets: those to redeem, and those to undo."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from django import forms
from django.http import QueryDict
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminRadioSelectWidget,
    UnfoldBooleanWidget,
)

from shared_domain.bookings import UnitItem
from shared_domain.quantities import format_quantity


@dataclass(frozen=True, slots=True)
class TicketChoice:
    """A ticket that can be chosen, with its guest (empty where hidden) and its state now."""

    item: UnitItem
    guest: str
    state: str

    @property
    def uuid(self) -> str:
        return str(self.item.uuid)

    def describe(self, after: str) -> str:
        """Return ``PT-7-1, Adult, Clara Duarte: valid → redeemed``."""
        named = (self.item.supplier_reference, self.item.unit.internal_name, self.guest)
        return f"{', '.join(filter(None, named))}: {self.state} → {after}"


#: A ticket of the form that cannot be chosen any more.
NO_CHOICE_NOW = "A ticket that you chose was changed meanwhile: choose again among these."


class RedeemForm(forms.Form):
    """The form to redeem a whole booking, or some of its tickets.

    It has no choice of tickets when only one is left. ``wrong_day`` is the reason why the tickets
    are not valid today; it adds a checkbox by which staff insist, which the history records.
    """

    admit = forms.ChoiceField(label="Who is here", widget=UnfoldAdminRadioSelectWidget)
    tickets = forms.MultipleChoiceField(
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        error_messages={"invalid_choice": NO_CHOICE_NOW},
    )
    on_any_day = forms.BooleanField(
        label="Admit them all the same", required=False, widget=UnfoldBooleanWidget
    )

    def __init__(
        self,
        unused: Iterable[TicketChoice],
        data: Mapping[str, Any] | None,
        *,
        scanned: str | None = None,
        wrong_day: str = "",
    ) -> None:
        super().__init__(data)
        choices = [(ticket.uuid, ticket.describe("redeemed")) for ticket in unused]
        self._unused = dict(choices)
        if len(choices) > 1:
            self._offer(choices, scanned)
        else:
            del self.fields["admit"], self.fields["tickets"]
        self._wrong_day = wrong_day
        if wrong_day:
            self.fields["on_any_day"].help_text = "That you insisted is kept in the history."
        else:
            del self.fields["on_any_day"]

    def _offer(self, choices: list[tuple[str, str]], scanned: str | None) -> None:
        cast(forms.ChoiceField, self.fields["admit"]).choices = [
            ("all", f"All: {format_quantity(len(choices), 'ticket')}, and the booking is Redeemed"),
            ("some", "Only these tickets:"),
        ]
        cast(forms.MultipleChoiceField, self.fields["tickets"]).choices = choices
        is_one_of_them = scanned in dict(choices)
        self.initial = {
            "admit": "some" if is_one_of_them else "all",
            "tickets": [scanned] if is_one_of_them else [],
        }

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if "tickets" not in self.fields and self._chose_a_used_one():
            # Sent twice, or others were faster: the one that is left was not meant.
            raise forms.ValidationError(
                "The ticket that you chose was redeemed meanwhile. Another one is left: send the "
                "form again to redeem that."
            )
        if self.cleaned_data.get("admit") == "some" and self.cleaned_data.get("tickets") == []:
            self.add_error("tickets", "Choose at least one ticket.")
        if self._chose_some_of_all():
            self.add_error(
                "admit", "Choose “Only these tickets” for the ticked ones, or untick them."
            )
        if self._wrong_day and not self.cleaned_data["on_any_day"]:
            self.add_error("on_any_day", f"{self._wrong_day}. Tick the box to admit them anyway.")
        return cleaned

    def _chose_some_of_all(self) -> bool:
        """Return whether some tickets were ticked, other than those of the page, beside "All"."""
        ticked = set(self.cleaned_data.get("tickets", ()))
        is_for_all = self.cleaned_data.get("admit") == "all"
        as_opened = set(self.initial.get("tickets", ()))
        return is_for_all and ticked not in (set(), as_opened, set(self._unused))

    def _chose_a_used_one(self) -> bool:
        """Return whether the form was sent from a page with more tickets, for one that is used."""
        data = cast("QueryDict", self.data)
        sent = data.getlist("tickets") if data.get("admit") == "some" else []
        return bool(self._unused) and not set(sent) <= self._unused.keys()

    @property
    def chosen(self) -> frozenset[UUID] | None:
        """The uuids of the tickets to redeem; None for the whole booking."""
        if self.cleaned_data.get("admit", "all") == "all":
            return None
        return frozenset(UUID(uuid) for uuid in self.cleaned_data["tickets"])

    @property
    def insists(self) -> bool:
        """Whether staff insist on redeeming tickets of another day."""
        return bool(self.cleaned_data.get("on_any_day"))


class UndoRedemptionForm(forms.Form):
    """The form to undo redemptions; at first every redemption that can be undone is chosen."""

    tickets = forms.MultipleChoiceField(
        label="Redeemed by mistake",
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        error_messages={
            "required": "Choose at least one ticket.",
            "invalid_choice": NO_CHOICE_NOW,
        },
    )

    def __init__(self, used: Iterable[TicketChoice], data: Mapping[str, Any] | None) -> None:
        super().__init__(data)
        choices = [(ticket.uuid, ticket.describe("valid")) for ticket in used]
        cast(forms.MultipleChoiceField, self.fields["tickets"]).choices = choices
        self.initial = {"tickets": [uuid for uuid, _ in choices]}

    @property
    def chosen(self) -> frozenset[UUID]:
        return frozenset(UUID(uuid) for uuid in self.cleaned_data["tickets"])


def describe_lifted(tickets: Collection[str], *, start: str = ". ") -> str:
    """Return a sentence about tickets whose no-show mark is lifted; empty if there are none."""
    if not tickets:
        return ""
    marks = "mark is" if len(tickets) == 1 else "marks are"
    return f"{start}The no-show {marks} lifted: {', '.join(tickets)}."
