"""Forms of the catalogue, which check the rule of each constraint and report it at its field."""

from collections.abc import Iterable
from datetime import time
from typing import Any

from django import forms
from django.contrib.postgres.forms import SimpleArrayField
from django.db.models import QuerySet
from unfold.forms import PaginationInlineFormSet
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminTextInputWidget,
)

from core_site.admin_kit.django_types import ModelForm
from core_site.admin_kit.money_fields import MoneyField, MoneyInputMixin, PerCentField
from core_site.catalog import validation
from core_site.catalog.choice_titles import choices, title
from core_site.catalog.models import Option, PartnerTerms, Price, Product, Schedule, Unit
from shared_domain import catalog
from shared_domain.partners import PartnerKind


def _several(enumeration: Any, *, required: bool = False, help_text: str = "") -> forms.Field:
    return forms.MultipleChoiceField(
        choices=choices(enumeration),
        required=required,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=help_text,
    )


def _array_field(field: forms.Field, help_text: str, *, required: bool = True) -> SimpleArrayField:
    return SimpleArrayField(
        field, required=required, widget=UnfoldAdminTextInputWidget, help_text=help_text
    )


def _differs_in_capitals(twin: str) -> str:
    return f"{twin} exists and differs only in capitals."


class _PermanentCode(ModelForm):
    """Form mixin: a code cannot be changed later, because partners' programs store it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk and "code" in self.fields:
            self.fields["code"].disabled = True
            self.fields["code"].help_text = "Partners store it, so it does not change."

    def clean_code(self) -> str:
        """Refuse a new code that differs from an existing one only in upper and lower case."""
        code: str = self.cleaned_data["code"]
        if self.instance.pk is None:
            siblings = self._siblings().filter(code__iexact=code).exclude(code=code)
            if twin := siblings.values_list("code", flat=True).first():
                raise forms.ValidationError(_differs_in_capitals(twin))
        return code

    def _siblings(self) -> QuerySet[Any]:
        """Return the rows among which the code is unique."""
        rows: QuerySet[Any] = type(self.instance)._default_manager.all()
        return rows


class ProductForm(_PermanentCode):
    delivery_formats = _several(catalog.DeliveryFormat, required=True)
    delivery_methods = _several(
        catalog.DeliveryMethod,
        required=True,
        help_text="Voucher: one code for the booking. Ticket: one for each guest.",
    )
    available_currencies = _array_field(
        forms.CharField(max_length=3, validators=[validation.currency]), "As in EUR,GBP."
    )
    tax_basis_points = PerCentField(
        label="Tax", help_text="Included in every price, as in 23 or 5.5; 0 is no tax."
    )

    class Meta:
        model = Product
        fields = "__all__"

    def clean_available_currencies(self) -> list[str]:
        return list(dict.fromkeys(self.cleaned_data["available_currencies"]))


class OptionForm(_PermanentCode):
    required_contact_fields = _several(
        catalog.ContactField, help_text="Without these a booking cannot be confirmed."
    )

    class Meta:
        model = Option
        fields = "__all__"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "cancellation_policy" in self.fields:
            self.fields["cancellation_policy"].required = False

    def _siblings(self) -> QuerySet[Option]:
        product = self.cleaned_data.get("product") or self.instance.product_id
        return Option.objects.filter(product=product) if product else Option.objects.none()

    def clean_cancellation_policy(self) -> str:
        """Return the chosen policy; if none was sent, ``UNTIL_CUTOFF``."""
        chosen: str = self.cleaned_data["cancellation_policy"]
        return chosen or catalog.CancellationPolicy.UNTIL_CUTOFF.value


class UnitForm(_PermanentCode):
    #: True in a set of forms, which then checks who accompanies whom.
    is_one_of_several = False

    required_contact_fields = _several(
        catalog.ContactField, help_text="Asked for each ticket of this kind."
    )
    accompanied_by = _array_field(
        forms.CharField(max_length=64, validators=[validation.code]),
        "Codes of units of this option, one of which must be booked with it, as in adult,senior.",
        required=False,
    )

    class Meta:
        model = Unit
        fields = "__all__"

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        company = cleaned.get("accompanied_by") or []
        if cleaned.get("code") in company:
            self.add_error("accompanied_by", "A unit cannot be accompanied by itself.")
        elif not self.is_one_of_several and "accompanied_by" in self.changed_data:
            self.check_company(set(self._siblings().values_list("code", flat=True)))
        return cleaned

    def check_company(self, codes: set[str]) -> None:
        """Refuse codes of units that the option does not have: the unit could never be sold."""
        unknown = set(self.cleaned_data.get("accompanied_by") or []) - codes
        if unknown:
            known = ", ".join(sorted(codes)) or "none yet"
            missing = ", ".join(sorted(unknown))
            self.add_error(
                "accompanied_by", f"This option has no unit {missing}; its units are {known}."
            )

    def _siblings(self) -> QuerySet[Unit]:
        option = self.cleaned_data.get("option") or self.instance.option_id
        return Unit.objects.filter(option=option) if option else Unit.objects.none()


def _refuse_twins(forms_of_page: Iterable[ModelForm]) -> None:
    """Refuse codes of one page's new rows that differ only in upper and lower case."""
    codes: dict[str, str] = {}
    for form in forms_of_page:
        code = form.cleaned_data.get("code")
        if code is None or form.instance.pk is not None:
            continue
        twin = codes.setdefault(code.lower(), code)
        # Where they are equal, Django says so.
        if twin != code:
            form.add_error("code", _differs_in_capitals(twin))


class OptionFormSet(PaginationInlineFormSet):
    """The options of a product."""

    def clean(self) -> None:
        super().clean()
        _refuse_twins(form for form in self.forms if getattr(form, "cleaned_data", None))


class UnitFormSet(PaginationInlineFormSet):
    """The units of an option: a unit may be accompanied by one that is added with the same form."""

    def _construct_form(self, i: int, **kwargs: Any) -> UnitForm:
        form: UnitForm = super()._construct_form(i, **kwargs)
        form.is_one_of_several = True
        return form

    def clean(self) -> None:
        super().clean()
        filled = [form for form in self.forms if getattr(form, "cleaned_data", None)]
        _refuse_twins(filled)
        codes = {form.cleaned_data.get("code") or form.instance.code for form in filled}
        # Units of other pages of the list as well.
        stored = Unit.objects.filter(option=self.instance.pk)
        codes |= set(stored.values_list("code", flat=True))
        for form in filled:
            if "accompanied_by" in form.changed_data:
                form.check_company(codes)


class PriceForm(MoneyInputMixin, ModelForm):
    # Checked before the amounts, which are read in it.
    currency = forms.CharField(
        max_length=3,
        validators=[validation.currency],
        widget=UnfoldAdminTextInputWidget,
        help_text="As in EUR.",
    )
    original_minor = MoneyField(
        label="List price", help_text="Without any reduction; partners see it as original."
    )
    retail_minor = MoneyField(
        label="Retail price", help_text="What the guest pays, taxes included, as in 45.50."
    )

    class Meta:
        model = Price
        fields = "__all__"

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        option = _find_option(self)
        # A price from before its product was sold otherwise does not stop a page from being saved.
        if option is None or not self.has_changed():
            return cleaned
        unit, currency = cleaned.get("unit"), cleaned.get("currency")
        product = option.product
        if unit is not None and unit.option_id != option.pk:
            self.add_error("unit", f"Choose a unit of {option}.")
        elif product.pricing_per == catalog.PricingPer.UNIT and unit is None:
            if "unit" not in self.errors:
                self.add_error("unit", f"{product} is priced per unit, so choose one.")
        elif product.pricing_per == catalog.PricingPer.BOOKING and unit is not None:
            self.add_error("unit", f"{product} is priced per booking, so leave this empty.")
        if currency and currency not in product.available_currencies:
            offered = ", ".join(product.available_currencies)
            self.add_error("currency", f"{product} is sold in {offered}; add the currency there.")
        return cleaned


class TermsForm(ModelForm):
    commission_basis_points = PerCentField(
        label="Commission", help_text="What the partner keeps of the retail price, as in 20."
    )

    class Meta:
        model = PartnerTerms
        fields = "__all__"

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        partner = self.cleaned_data.get("partner", getattr(self.instance, "partner", None))
        is_direct = partner is not None and partner.kind == PartnerKind.DIRECT.value
        if is_direct and self.cleaned_data.get("commission_basis_points"):
            self.add_error(
                "commission_basis_points",
                f"{partner} is our own booking desk, which sells at the retail price: type 0.",
            )
        return cleaned


class OpeningHoursField(forms.Field):
    """Opening hours as text: ``10:00-13:00, 14:00-18:00``, or ``22:00-02:00`` past midnight."""

    def prepare_value(self, value: object) -> object:
        if isinstance(value, list):
            return ", ".join(validation.format_periods(value, dash="-"))
        return value

    def to_python(self, value: object) -> list[dict[str, str]]:
        text = str(value or "").strip().replace("–", "-")
        periods = [part.partition("-") for part in text.split(",") if part.strip()]
        hours = [{"from": start.strip(), "to": end.strip()} for start, _, end in periods]
        for period in hours:
            if period["to"] == "00:00":  # Until midnight: that of the end of the day.
                period["to"] = "24:00"
        validation.opening_hours(hours)
        return hours

    def has_changed(self, initial: object, data: object) -> bool:
        return (self.prepare_value(initial) or "") != (data or "")


class StartTimeField(forms.TimeField):
    """A time of day without seconds."""

    def prepare_value(self, value: Any) -> Any:
        return f"{value:%H:%M}" if isinstance(value, time) else value


class ScheduleForm(ModelForm):
    weekdays = forms.TypedMultipleChoiceField(
        choices=validation.WEEKDAYS, coerce=int, widget=UnfoldAdminCheckboxSelectMultipleWidget
    )
    start_times = _array_field(
        StartTimeField(input_formats=["%H:%M", "%H:%M:00"]),
        "For fixed departures, as in 09:30,14:00.",
        required=False,
    )
    opening_hours = OpeningHoursField(
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text="For opening hours, as in 10:00-13:00, 14:00-18:00. Past midnight, as in "
        "22:00-02:00, they belong to the day on which they begin; a whole day is 00:00-24:00.",
    )

    class Meta:
        model = Schedule
        fields = "__all__"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # A row that is added on its option's page learns whose it is after this.
        is_known = self.instance.option_id is not None
        place = self.instance.option.product.time_zone if is_known else "the product"
        for name in ("start_times", "opening_hours"):
            if name in self.fields:
                self.fields[name].help_text += f" By the clock of {place}."

    def clean_weekdays(self) -> list[int]:
        return sorted(set(self.cleaned_data["weekdays"]))

    def clean_start_times(self) -> list[Any]:
        return sorted(set(self.cleaned_data["start_times"]))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        option = _find_option(self)
        if option is None:
            return cleaned
        kind = option.product.availability_type
        needed = "start_times" if kind == catalog.AvailabilityType.START_TIME else "opening_hours"
        if needed not in self.errors and not cleaned.get(needed):
            how = title(kind).lower()
            self.add_error(needed, f"{option.product} is sold by {how}, so fill these in.")
        return cleaned


def _find_option(form: ModelForm) -> Option | None:
    """Return the option that the row belongs to, chosen in the form or fixed before."""
    option = form.cleaned_data.get("option")
    if option is None and form.instance.option_id is not None:
        option = form.instance.option
    # On the page that adds an option, its product may not be chosen yet.
    return option if option is not None and option.product_id is not None else None


class PriceFormSet(PaginationInlineFormSet):
    """The prices of an option: reports two prices for the same unit, currency and season."""

    def clean(self) -> None:
        super().clean()
        seen: set[tuple[object, ...]] = set()
        for form in self.forms:
            price = getattr(form, "cleaned_data", None)
            if not price or price.get("DELETE") or "currency" not in price:
                continue
            season = (price.get("season_start"), price.get("season_end"))
            key = (price.get("unit"), price["currency"], season)
            if key in seen:
                form.add_error("currency", "This unit, currency and season are there twice.")
            seen.add(key)
