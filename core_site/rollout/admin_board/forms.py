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


class ReasonForm(FormOfStoredValues):
    """Asks for the reason of a change."""

    reason = CheckedText(
        partial(normalise_note, longest=LONGEST_REASON),
        max_length=LONGEST_REASON,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text="It is kept in the history.",
    )
    field_order = ("percent", "is_reverse_shadowed", "partner", "side", "reason", "is_forced")


class StageForm(ReasonForm):
    """Asks for the share of a canary, a reverse shadow, and whether to go on without evidence."""

    def __init__(
        self,
        endpoint: Endpoint,
        stage: Stage,
        evidence: Evidence,
        data: Mapping[str, Any] | None,
    ) -> None:
        super().__init__(data, stored=self.stored_in(endpoint))
        if stage is Stage.CANARY:
            self.fields["percent"] = forms.IntegerField(
                label="Share of the partners, in percent",
                min_value=1,
                max_value=100,
                widget=UnfoldAdminIntegerFieldWidget,
                help_text="The first canary of a build has 1. A larger one only adds partners; "
                "a smaller one needs no evidence.",
            )
        if stage is Stage.EDGE and endpoint.is_read and endpoint.is_on_django:
            self.fields["is_reverse_shadowed"] = forms.BooleanField(
                label="Django is the shadow",
                required=False,
                widget=UnfoldBooleanWidget,
                help_text="Django is asked as well and compared, so that going back stays proven.",
            )
        if evidence.verdict is not PromotionVerdict.READY:
            self.fields["is_forced"] = forms.BooleanField(
                label="Go ahead without the evidence",
                required=False,
                widget=UnfoldBooleanWidget,
                help_text="The history says so.",
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
    mismatches = forms.IntegerField(
        label="Differences",
        min_value=1,
        max_value=1_000_000,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text="Confirmed differences between the two halves.",
    )
    errors = forms.IntegerField(
        label="Errors of the edge",
        min_value=1,
        max_value=1_000_000,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text="Unexpected errors, and answers of 500 and above.",
    )
    latency_ratio = forms.FloatField(
        label="Times Django's latency",
        min_value=0.1,
        max_value=1_000,
        widget=UnfoldAdminDecimalFieldWidget,
        help_text="By the medians of recent calls.",
    )
    sample_percent = forms.IntegerField(
        label="Calls compared, in percent",
        min_value=0,
        max_value=100,
        widget=UnfoldAdminIntegerFieldWidget,
    )
    guarded_calls = forms.IntegerField(
        label="Guarded calls of each status class",
        min_value=0,
        max_value=MOST_GUARDED_CALLS,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text="With a new build, so many answers must agree with Django's before the edge's "
        "go out without being compared. 0 switches the guard off.",
    )
    guarded_percent = forms.IntegerField(
        label="Calls that stay guarded, in percent",
        min_value=0,
        max_value=100,
        widget=UnfoldAdminIntegerFieldWidget,
    )
    field_order = (
        *("mismatches", "errors", "latency_ratio", "sample_percent"),
        *("guarded_calls", "guarded_percent", "reason"),
    )

    def __init__(self, endpoint: Endpoint, data: Mapping[str, Any] | None) -> None:
        super().__init__(data, stored=self.stored_in(endpoint))
        self._stored_budget = endpoint.budget

    @staticmethod
    def stored_in(endpoint: Endpoint) -> dict[str, object]:
        return {
            "mismatches": endpoint.budget.mismatches,
            "errors": endpoint.budget.errors,
            "latency_ratio": endpoint.budget.latency_ratio,
            "sample_percent": endpoint.sample_percent,
            "guarded_calls": endpoint.guarded_calls,
            "guarded_percent": endpoint.guarded_percent,
        }

    @property
    def budget(self) -> Budget:
        return replace(
            self._stored_budget,
            mismatches=self.cleaned_data["mismatches"],
            errors=self.cleaned_data["errors"],
            latency_ratio=self.cleaned_data["latency_ratio"],
        )
