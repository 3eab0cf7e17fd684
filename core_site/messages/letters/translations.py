"""The translations of letters: read from TOML once, and checked to have the same placeholders."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from string import Formatter

from shared_domain.messages import LANGUAGES, MessageKind

Section = Mapping[str, str]

#: The section of each kind.
SECTIONS = {kind: kind.name.lower() for kind in MessageKind}


class WordingMismatch(ValueError):
    """A translation lacks a text or a placeholder of the English one, or has an additional one.

    Correct the file that is named, beside this module.
    """


def read_wording(language: str) -> Mapping[str, Section]:
    """Return the texts of a language by section and name."""
    path = Path(__file__).with_name(f"{language}.toml")
    return tomllib.loads(path.read_text(encoding="utf-8"))


def check_same(wordings: Mapping[str, Mapping[str, Section]]) -> None:
    """Check that all languages have the same texts with the same placeholders.

    Raises:
        WordingMismatch: one differs from English.
    """
    expected = _placeholders(wordings[LANGUAGES[0]])
    for language, wording in wordings.items():
        for difference in sorted(expected.items() ^ _placeholders(wording).items()):
            (section, name), _ = difference
            raise WordingMismatch(f"{language}.toml differs from English in [{section}] {name}")


def _placeholders(wording: Mapping[str, Section]) -> dict[tuple[str, str], frozenset[str]]:
    return {
        (section, name): frozenset(field for _, field, _, _ in Formatter().parse(text) if field)
        for section, texts in wording.items()
        for name, text in texts.items()
    }


WORDING = {language: read_wording(language) for language in LANGUAGES}
check_same(WORDING)
