"""The forms by which staff users change an endpoint; the rules are in ``shared_domain.rollout``."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from django import forms
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldBooleanWidget,
)

from core_site.admin_kit.stale_pages.dialogs import FormOfStoredValues
from core_site.checked_texts import CheckedText
from core_site.partners.models import Partner
from shared_domain.contact_data import normalise_note
from shared_domain.rollout import (
    MOST_GUARDED_CALLS,
    Budget,
    Endpoint,
    Evidence,
    PromotionVerdict,
    Side,
    Stage,
)

LONGEST_REASON = 1_000

#: The fields of ``BudgetForm`` that are limits of a ``Budget``.
_LIMITS = ("mismatches", "errors", "latency_ratio")


def _number(label: str, low: int, high: int, help_text: str = "") -> forms.IntegerField:
    return forms.IntegerField(
        label=label,
        min_value=low,
        max_value=high,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text=help_text,
    )


def _flag(label: str, help_text: str) -> forms.BooleanField:
    return forms.BooleanField(
        label=label, required=False, widget=UnfoldBooleanWidget, help_text=help_text
    )


class ReasonForm(FormOfStoredValues):
    """The form of a change, with the reason that the history records."""

    reason = CheckedText(
        partial(normalise_note, longest=LONGEST_REASON),
        max_length=LONGEST_REASON,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text="It is kept in the history.",
    )
    field_order: tuple[str, ...] = (
        "percent",
        "is_reverse_shadowed",
        "partner",
        "side",
        "reason",
        "is_forced",
    )


class StageForm(ReasonForm):
    """The form that sets a stage: a canary's share, reverse shadow, and whether to force it."""

    def __init__(
        self,
        endpoint: Endpoint,
        stage: Stage,
        evidence: Evidence,
        data: Mapping[str, Any] | None,
    ) -> None:
        super().__init__(data, stored=self.stored_in(endpoint))
        if stage is Stage.CANARY:
            self.fields["percent"] = _number(
                "Share of the partners, in percent", 1, 100,
                "The first canary of a build has 1. A larger one only adds partners; a smaller "
                "one needs no evidence.",
            )  # fmt: skip
        if stage is Stage.EDGE and endpoint.is_read and endpoint.is_on_django:
            self.fields["is_reverse_shadowed"] = _flag(
                "Django is the shadow",
                "Django is asked as well and compared, so that going back stays proven.",
            )
        if evidence.verdict is not PromotionVerdict.READY:
            self.fields["is_forced"] = _flag(
                "Go ahead without the evidence", "The history says so."
            )
        self.order_fields(self.field_order)

    @staticmethod
    def stored_in(endpoint: Endpoint) -> dict[str, object]:
        return {
            "stage": endpoint.stage.value,
            "percent": endpoint.percent or None,
            "is_reverse_shadowed": endpoint.is_reverse_shadowed,
        }


class PinForm(ReasonForm):
    UNPINNED = "none"

    partner = forms.ModelChoiceField(
        queryset=Partner.objects.order_by("name"), widget=UnfoldAdminSelectWidget
    )
    side = forms.ChoiceField(
        label="Answered by",
        choices=[
            (Side.EDGE.value, "the edge"),
            (Side.DJANGO.value, "Django"),
            (UNPINNED, "by the share, as all others: no longer pinned"),
        ],
        widget=UnfoldAdminSelectWidget,
    )

    @property
    def chosen_side(self) -> Side | None:
        side = self.cleaned_data["side"]
        return None if side == self.UNPINNED else Side(side)


class BudgetForm(ReasonForm):
    mismatches = _number(
        "Differences", 1, 1_000_000, "Confirmed differences between the two halves."
    )
    errors = _number(  # type: ignore[assignment]  # Django takes the fields off the class
        "Errors of the edge", 1, 1_000_000, "Unexpected errors, and answers of 500 and above."
    )
    latency_ratio = forms.FloatField(
        label="Times Django's latency",
        min_value=0.1,
        max_value=1_000,
        widget=UnfoldAdminDecimalFieldWidget,
        help_text="By the medians of recent calls.",
    )
    sample_percent = _number("Calls compared, in percent", 0, 100)
    guarded_calls = _number(
        "Guarded calls of each status class", 0, MOST_GUARDED_CALLS,
        "With a new build, so many answers must agree with Django's before the edge's go out "
        "without being compared. 0 switches the guard off.",
    )  # fmt: skip
    guarded_percent = _number("Calls that stay guarded, in percent", 0, 100)
    field_order = (
        *("mismatches", "errors", "latency_ratio", "sample_percent"),
        *("guarded_calls", "guarded_percent", "reason"),
    )

    def __init__(self, endpoint: Endpoint, data: Mapping[str, Any] | None) -> None:
        super().__init__(data, stored=self.stored_in(endpoint))

    @staticmethod
    def stored_in(endpoint: Endpoint) -> dict[str, object]:
        sampling = ("sample_percent", "guarded_calls", "guarded_percent")
        return {name: getattr(endpoint.budget, name) for name in _LIMITS} | {
            name: getattr(endpoint, name) for name in sampling
        }

    def change_budget(self, stored: Budget) -> Budget:
        """Return the stored budget with the limits of the form, which has not all of them."""
        return replace(stored, **{name: self.cleaned_data[name] for name in _LIMITS})
