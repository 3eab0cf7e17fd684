"""The languages of guests as staff read them."""

from django.utils.translation import get_language_info


def name_language(tag: str) -> str:
    """Return the English name of a language tag such as ``pt-PT``, or the tag itself."""
    try:
        return str(get_language_info(tag.lower())["name"])
    except KeyError:
        return tag
