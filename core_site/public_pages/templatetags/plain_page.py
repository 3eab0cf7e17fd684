"""Template tags for the style and the icon of a page outside the admin."""

from django import template

from shared_domain.plain_page import ICON_DATA_URI, STYLE

register = template.Library()


@register.simple_tag
def plain_page_style() -> str:
    # Holds no character that the template engine would escape; nor does the icon.
    return STYLE


@register.simple_tag
def plain_page_icon() -> str:
    return ICON_DATA_URI
