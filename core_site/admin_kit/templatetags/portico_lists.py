"""Template tags of lists: their filters as chips, and filters titled in staff's words."""

from typing import Any

from django import forms, template
from django.contrib.admin.views.main import ChangeList
from django.template import Context
from django.utils.text import capfirst

from core_site.admin_kit.filter_chips import FilterChip, filter_chips

register = template.Library()


@register.simple_tag(takes_context=True)
def active_filters(context: Context, changelist: ChangeList) -> list[FilterChip]:
    """Return the chips of a list's active filters."""
    return list(filter_chips(changelist, context["request"]))


@register.filter
def titled(form: forms.Form, title: Any) -> forms.Form:
    """Return the form of a filter with its title as the label; Unfold says "By is open"."""
    for field in form.fields.values():
        field.label = capfirst(title)
    return form
