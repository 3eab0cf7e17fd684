"""Model and form fields for texts that are validated by a rule of ``shared_domain.contact_data``.

A form stores the same normalised text as the partner API, and refuses the same texts with the same
words. A text of blanks, visible or not, counts as missing.
"""

import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from django import forms
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.db import models

from core_site.text_flaws import say_flaw_as_sentence
from shared_domain import contact_data

Rule = Callable[[str], str]

#: What may be assigned to a field, and what is read from it: text, or text and None.
Assigned = TypeVar("Assigned", contravariant=True)
Stored = TypeVar("Stored", covariant=True)

if TYPE_CHECKING:
    _CharField = models.CharField
else:

    class _CharField(models.CharField):
        """Takes type arguments at run time as well, which Django's own does not."""

        def __class_getitem__(cls, arguments):
            return cls


def normalise_by(rule: Rule, text: str) -> str:
    """Return the text as the rule normalises it, "" for a blank one.

    Raises:
        ValidationError: the rule refuses the text; the message is a sentence for staff.
    """
    if not contact_data.strip_blanks(text):
        return ""
    try:
        return rule(text)
    except contact_data.InvalidText as invalid:
        flaw = invalid.flaw
        raise ValidationError(say_flaw_as_sentence(flaw), code=flaw.rule) from None


class LineField(_CharField[Assigned, Stored]):
    """A text of one line, at most ``max_length`` characters long.

    A text that was stored under older rules does not stop its page from being saved: it is refused
    only if it was changed.
    """

    #: The field class that migrations contain, since these classes have the same columns.
    in_migrations: ClassVar["type[models.Field[Any, Any]]"] = models.CharField

    @property
    def rule(self) -> Rule:
        if self.max_length is None:
            raise ImproperlyConfigured(f"{self} needs a max_length")
        return partial(contact_data.normalise_line, longest=self.max_length)

    def clean(self, value: Any, model_instance: models.Model | None) -> Any:
        if isinstance(value, str):
            try:
                value = normalise_by(self.rule, value) or (None if self.null else "")
            except ValidationError:
                if not self._is_stored(value, model_instance):
                    raise
        return super().clean(value, model_instance)

    def _is_stored(self, value: str, model_instance: models.Model | None) -> bool:
        if model_instance is None or model_instance.pk is None:
            return False
        rows = type(model_instance)._base_manager.filter(pk=model_instance.pk)
        return rows.values_list(self.attname, flat=True).first() == value

    def deconstruct(self) -> tuple[str, str, Sequence[Any], dict[str, Any]]:
        name, _, arguments, options = super().deconstruct()
        return name, f"django.db.models.{self.in_migrations.__name__}", arguments, options


class EmailAddressField(LineField[Assigned, Stored]):
    """An e-mail address, also one that is not ASCII: its input is plain text, since browsers' check
    of ``type="email"`` refuses those.
    """

    in_migrations = models.EmailField
    rule = staticmethod(contact_data.normalise_email)

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **{"max_length": contact_data.LONGEST_EMAIL} | options)


class TelephoneField(LineField[Assigned, Stored]):
    rule = staticmethod(contact_data.normalise_telephone)


class LocaleField(LineField[Assigned, Stored]):
    rule = staticmethod(contact_data.normalise_locale)


class CheckedText(forms.CharField):
    """A form field that normalises and validates by a rule of ``contact_data``.

    ``max_length`` is its limit in characters, for browsers too.
    """

    def __init__(self, rule: Rule, **options: Any) -> None:
        super().__init__(**options)
        self.rule = rule

    def to_python(self, value: Any) -> str:
        return normalise_by(self.rule, "" if value is None else str(value))


class CheckedLocales(forms.Field):
    """Language tags, separated by commas or blanks, as in ``pt-PT, en``."""

    def to_python(self, value: Any) -> tuple[str, ...]:
        tags = re.split(r"[,\s]+", contact_data.strip_blanks(value or ""))
        chosen = dict.fromkeys(normalise_by(contact_data.normalise_locale, tag) for tag in tags)
        locales = tuple(filter(None, chosen))
        if len(locales) > contact_data.MOST_LOCALES:
            most = contact_data.MOST_LOCALES
            raise ValidationError(f"Must have at most {most} entries.", code="length")
        return locales
