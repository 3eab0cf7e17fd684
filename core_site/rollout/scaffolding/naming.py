"""What the parts of an endpoint are called: ``GET /v1/users/{id}`` is ``get_user`` of ``users``."""

import keyword
import re
from dataclasses import dataclass

from pydantic.alias_generators import to_camel, to_pascal, to_snake

_PARAMETER = re.compile(r"\{([^}]*)\}")
_NOT_IN_NAMES = re.compile(r"\W+", re.ASCII)

_VERBS = {
    "GET": ("get", "getting"),
    "POST": ("create", "creating"),
    "PUT": ("replace", "replacing"),
    "PATCH": ("change", "changing"),
    "DELETE": ("delete", "deleting"),
}

#: As an attribute these would hide a type in the same class, or something of Pydantic's.
_TAKEN = frozenset(
    {"date", "time", "datetime", "list", "dict", "str", "int", "float", "bool", "tuple", "object"}
    | {"copy", "json", "schema", "construct", "validate", "fields"}
)


@dataclass(frozen=True, slots=True)
class Names:
    """``feature`` is the folder, ``operation`` the function, ``doing`` the module of its own."""

    feature: str
    operation: str
    doing: str

    @property
    def tag(self) -> str:
        return self.feature.replace("_", " ").capitalize()

    @property
    def summary(self) -> str:
        return self.operation.replace("_", " ").capitalize()

    @property
    def store(self) -> str:
        """The Protocol of the feature's store, as in ``UserStore``."""
        return f"{class_name(singular(self.feature))}Store"


def names_of(method: str, path: str, *, prefix: str) -> Names:
    """Name an endpoint by its method and the words of its path.

    A POST to a word in the singular behind a parameter is an action: ``POST
    /bookings/{id}/confirm`` is ``confirm_booking``.

    Raises:
        ValueError: the path has no word behind the prefix.
    """
    steps = [it for it in path.removeprefix(prefix).split("/") if it]
    words = [slug(it) for it in steps if not it.startswith("{")]
    if not words:
        raise ValueError(f"{path} has no word below {prefix} to name anything after")
    ends_in_parameter = steps[-1].startswith("{")
    verb, verb_ing = _VERBS[method]
    is_action = (
        method == "POST" and len(words) > 1 and not ends_in_parameter
        and singular(words[-1]) == words[-1]
    )  # fmt: skip
    if is_action:
        verb = words.pop()
        verb_ing = f"{verb.removesuffix('e')}ing"
        nouns = [singular(it) for it in words]
    elif method == "GET" and not ends_in_parameter and singular(words[-1]) != words[-1]:
        verb, verb_ing = "list", "listing"
        nouns = [*(singular(it) for it in words[:-1]), words[-1]]
    else:
        nouns = [singular(it) for it in words]
    noun = "_".join(nouns)
    return Names(slug(words[0]), f"{verb}_{noun}", f"{verb_ing}_{noun}")


def slug(text: str) -> str:
    """Return the text as a Python name in small letters."""
    name = to_snake(_NOT_IN_NAMES.sub("_", _PARAMETER.sub("", text)).strip("_"))
    if not name or name[0].isdigit():
        name = f"n{name}"
    return f"{name}_" if keyword.iskeyword(name) else name


def singular(word: str) -> str:
    """Return the singular of a plural, as far as its ending tells."""
    if word.endswith("ies") and len(word) > 4:
        return f"{word[:-3]}y"
    if word.endswith(("sses", "xes", "ches", "shes")):
        return word[:-2]
    is_plural = word.endswith("s") and not word.endswith(("ss", "us", "is"))
    return word[:-1] if is_plural and len(word) > 2 else word


def class_name(text: str) -> str:
    """Return the text as the name of a class: ``unitItems`` is ``UnitItems``."""
    return to_pascal(slug(text).rstrip("_"))


def attribute_of(json_name: str) -> str:
    """Return the attribute that stands for a key: ``owedMinor`` is ``owed_minor``."""
    name = json_name if json_name.islower() else to_snake(json_name)
    if not name.isidentifier() or name.startswith("_"):
        name = slug(json_name)
    is_taken = name in _TAKEN or name.startswith("model_") or keyword.iskeyword(name)
    return f"{name}_" if is_taken and not name.endswith("_") else name


def needs_alias(json_name: str) -> bool:
    """Return whether the schemas' own rule would write the attribute as another key."""
    return to_camel(attribute_of(json_name)) != json_name


def parameters_of(path: str) -> list[str]:
    """Return the names of a path's parameters, in their order."""
    return _PARAMETER.findall(path)
