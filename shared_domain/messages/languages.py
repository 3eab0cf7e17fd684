"""The language of a message: the first of the guest's locales that the supplier writes in."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

#: Languages that messages are written in; the first is for guests who read none of them.
LANGUAGES: Final = ("en", "de", "pt")

#: How each writes dates and money, where the guest's own locale says nothing more exact.
_USUAL_LOCALES = {"en": "en-GB", "de": "de-DE", "pt": "pt-PT"}


@dataclass(frozen=True, slots=True)
class LanguageChoice:
    """The language of the text, and the locale whose dates, times and money it is written with."""

    language: str
    locale: str

    @classmethod
    def with_default_locale(cls, language: str) -> "LanguageChoice":
        """Return a language with its default locale."""
        return cls(language, _USUAL_LOCALES[language])


def choose_language(locales: Sequence[str]) -> LanguageChoice:
    """Return the language for a guest, given the guest's locales in order of preference.

    ``de-AT`` gives German with Austrian dates, ``fr-FR`` before ``pt-BR`` gives Portuguese. Locales
    without any language of ours give English. Source: RFC 4647, section 3.4, "Lookup".
    """
    for tag in locales:
        language = tag.partition("-")[0].lower()
        if language in LANGUAGES:
            return LanguageChoice(language, tag if "-" in tag else _USUAL_LOCALES[language])
    return LanguageChoice.with_default_locale(LANGUAGES[0])
