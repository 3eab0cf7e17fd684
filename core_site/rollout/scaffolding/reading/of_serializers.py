"""What a serializer of REST framework answers, and what it takes.

Only what REST framework itself would do is known. Where a class of the site's own decides (its
``to_representation``, a method field), the return annotation tells, and without one nobody does.
"""

from collections.abc import Callable
from typing import Any, get_type_hints

from django.conf import settings
from django.db import models
from django.utils import timezone
from rest_framework import relations, serializers
from rest_framework.fields import empty
from rest_framework.settings import ISO_8601

from core_site.rollout.scaffolding.naming import class_name
from core_site.rollout.scaffolding.reading.annotations import shape_of_annotation
from core_site.rollout.scaffolding.reading.limits import is_own, rules_of, text_of
from core_site.rollout.scaffolding.shapes import (
    NOTHING,
    Choice,
    DictOf,
    ListOf,
    Member,
    Scalar,
    Shape,
    Thing,
    Unknown,
    or_null,
)

_LEFT_OUT_OR_NULL = (
    "Is `{path}` the same when it is left out as when it is null? The serializer allows both."
)


def answer_of(field: serializers.Field) -> Shape:
    """Return what the serializer, or one of its fields, answers."""
    shape = _answered(field)
    return or_null(shape) if field.allow_null else shape


def body_of(field: serializers.Field, *, is_partial: bool = False) -> Shape:
    """Return what the serializer, or one of its fields, takes. ``is_partial`` as in PATCH."""
    shape = _taken(field, is_partial)
    return or_null(shape) if field.allow_null else shape


def name_of(serializer: serializers.BaseSerializer) -> str:
    """Return what the object is called: ``UserSerializer`` is ``User``."""
    return class_name(type(serializer).__name__.removesuffix("Serializer") or "Answer")


def _answered(field: serializers.Field) -> Shape:
    if is_own(type(field), "to_representation") and not isinstance(field, serializers.Serializer):
        own = type(field).to_representation
        return _annotated(own, f"{_kind(field)} writes it by its own to_representation")
    match field:
        case serializers.ListSerializer():
            return ListOf(answer_of(field.child))
        case serializers.Serializer():
            return _object(field, _answered_members(field))
        case relations.ManyRelatedField():
            return ListOf(answer_of(field.child_relation))
        case serializers.SerializerMethodField():
            method = getattr(field.parent, field.method_name)
            return _annotated(method, "The serializer says SerializerMethodField")
        case serializers.ReadOnlyField():
            return _read_only(field)
        case serializers.FileField():
            return or_null(Scalar(python="str"))
        case serializers.MultipleChoiceField():
            return ListOf(_choice(field))
        case serializers.ListField() | serializers.DictField() if _is_open(field):
            return Unknown(f"The serializer says {_kind(field)}, and not of what.")
        case serializers.ListField():
            return ListOf(answer_of(field.child))
        case serializers.DictField():
            return DictOf(answer_of(field.child))
    return _value(field)


def _taken(field: serializers.Field, is_partial: bool) -> Shape:
    match field:
        case serializers.ListSerializer():
            shape = body_of(field.child, is_partial=is_partial)
            return ListOf(shape, None if field.allow_empty else 1)
        case serializers.Serializer():
            return _object(field, _taken_members(field, is_partial))
        case relations.ManyRelatedField():
            return ListOf(body_of(field.child_relation), None if field.allow_empty else 1)
        case serializers.FileField():
            return Unknown(f"The serializer says {_kind(field)}, which does not come as JSON.")
        case serializers.MultipleChoiceField():
            return ListOf(_choice(field), None if field.allow_empty else 1)
        case serializers.ListField() | serializers.DictField() if _is_open(field):
            return Unknown(f"The serializer says {_kind(field)}, and not of what.")
        case serializers.ListField():
            least = field.min_length or (None if field.allow_empty else 1)
            return ListOf(body_of(field.child), least, field.max_length)
        case serializers.DictField():
            return DictOf(body_of(field.child))
    return _value(field)


def _object(serializer: serializers.Serializer, members: list[Member]) -> Thing:
    kind = type(serializer)
    doc = (kind.__doc__ or "") if not kind.__module__.startswith("rest_framework") else ""
    return Thing(name_of(serializer), tuple(members), doc.strip())


def _answered_members(serializer: serializers.Serializer) -> list[Member]:
    asks: tuple[str, ...] = ()
    if is_own(type(serializer), "to_representation"):
        asks = (
            f"Is `{{path}}` answered as its field says? {_kind(serializer)} has a "
            "to_representation of its own.",
        )
    return [
        Member(name=name, shape=answer_of(field), help=str(field.help_text or ""), asks=asks)
        for name, field in serializer.fields.items()
        if not field.write_only
    ]


def _taken_members(serializer: serializers.Serializer, is_partial: bool) -> list[Member]:
    return [
        _taken_member(name, field, is_partial or serializer.partial)
        for name, field in serializer.fields.items()
        if not field.read_only and not isinstance(field, serializers.HiddenField)
    ]


def _taken_member(name: str, field: serializers.Field, is_partial: bool) -> Member:
    shape = body_of(field, is_partial=is_partial)
    is_optional = is_partial or not field.required
    default = NOTHING if is_partial or field.default is empty else field.default
    asks = list(rules_of(field, name))
    if default is not NOTHING and not isinstance(default, str | int | float | bool | None):
        asks.append("What stands for `{path}` where it is left out? The serializer computes it.")
        default = NOTHING
    if is_optional and field.allow_null and default is NOTHING:
        asks.append(_LEFT_OUT_OR_NULL)
    return Member(
        name=name,
        shape=or_null(shape) if default is None else shape,
        is_optional=is_optional,
        default=default,
        help=str(field.help_text or ""),
        asks=tuple(asks),
    )


def _value(field: serializers.Field) -> Shape:
    """Return a single value, which looks the same in both directions."""
    match field:
        case serializers.CharField():
            return text_of(field)
        case serializers.FilePathField() | relations.StringRelatedField():
            return Scalar(python="str")
        case relations.HyperlinkedRelatedField():
            return Scalar(python="str")
        case serializers.ChoiceField():
            return _choice(field)
        case serializers.BooleanField():
            return Scalar(python="bool")
        case serializers.IntegerField():
            return Scalar(python="int", least=field.min_value, most=field.max_value)
        case serializers.FloatField():
            return Scalar(python="float", least=field.min_value, most=field.max_value)
        case serializers.DecimalField():
            return _decimal(field)
        case serializers.UUIDField():
            python = {"hex_verbose": "UUID", "int": "int"}.get(field.uuid_format, "str")
            return Scalar(python=python)
        case serializers.DateTimeField():
            return _time(field, "datetime")
        case serializers.DateField():
            return _time(field, "date")
        case serializers.TimeField():
            return _time(field, "time")
        case serializers.DurationField():
            return Scalar(python="str")
        case relations.PrimaryKeyRelatedField():
            return answer_of(field.pk_field) if field.pk_field else _key_of(field)
        case relations.SlugRelatedField() if field.queryset is not None:
            return _of_model(field.queryset.model, field.slug_field)
        case serializers.ModelField():
            return _of_model(field.model_field.model, field.model_field.name)
    return Unknown(f"The serializer says {_kind(field)}.")


def _choice(field: serializers.ChoiceField) -> Shape:
    values = [*field.choices, *([""] if field.allow_blank else [])]
    if not values or not all(isinstance(it, str | int) for it in values):
        return Unknown(f"The serializer says {_kind(field)}, with choices that are not JSON.")
    return Choice(tuple(dict.fromkeys(values)))


def _decimal(field: serializers.DecimalField) -> Shape:
    if field.localize or field.normalize_output:
        return Unknown("The serializer says DecimalField, written by local rules.")
    as_text = f"fixed:{field.decimal_places}" if field.decimal_places is not None else "text"
    return Scalar(
        python="Decimal",
        least=field.min_value,
        most=field.max_value,
        digits=field.max_digits,
        decimal_places=field.decimal_places,
        written=as_text if getattr(field, "coerce_to_string", True) else "number",
    )


def _time(field: Any, python: str) -> Shape:
    clock = str(timezone.get_current_timezone())
    if python == "datetime" and (clock != "UTC" or not settings.USE_TZ):
        return Unknown(f"The serializer writes a moment by the clock of {clock}.")
    written = getattr(field, "format", ISO_8601)
    if written is None or written.lower() == ISO_8601:
        return Scalar(python=python)
    return Scalar(python=python, written=f"format:{written}")


def _key_of(field: relations.PrimaryKeyRelatedField) -> Shape:
    if field.queryset is not None:
        return _of_model(field.queryset.model, "pk")
    holder = field.parent.parent if isinstance(field.parent, relations.ManyRelatedField) else None
    model = _model_behind(holder or field.parent)
    name = field.parent.source if holder else field.source
    if model is None:
        return Unknown("The serializer says PrimaryKeyRelatedField, and not of which model.")
    related = model._meta.get_field(name).related_model
    return _of_model(related, "pk")


def _read_only(field: serializers.ReadOnlyField) -> Shape:
    model = _model_behind(field.parent)
    found = getattr(model, field.source, None) if model else None
    getter = found.fget if isinstance(found, property) else found
    why = f"The serializer says ReadOnlyField, of `{field.source}`"
    return _annotated(getter, why) if callable(getter) else Unknown(f"{why}.")


def _model_behind(serializer: serializers.Field) -> type[models.Model] | None:
    return getattr(getattr(serializer, "Meta", None), "model", None)


def _of_model(model: type[models.Model], name: str) -> Shape:
    """Return a column of a model, as a ModelSerializer writes it."""
    column = model._meta.pk if name == "pk" else model._meta.get_field(name)
    if isinstance(column, models.ForeignKey):
        return _of_model(column.related_model, "pk")
    written_by = serializers.ModelSerializer.serializer_field_mapping
    for kind in type(column).__mro__:
        if kind in written_by and written_by[kind] in _PLAIN:
            return _PLAIN[written_by[kind]]
    return Unknown(f"It is `{name}` of {model.__name__}, a {type(column).__name__}.")


_PLAIN: dict[type[serializers.Field], Shape] = {
    serializers.IntegerField: Scalar(python="int"),
    serializers.CharField: Scalar(python="str"),
    serializers.SlugField: Scalar(python="str"),
    serializers.EmailField: Scalar(python="str"),
    serializers.URLField: Scalar(python="str"),
    serializers.UUIDField: Scalar(python="UUID"),
    serializers.BooleanField: Scalar(python="bool"),
    serializers.DateField: Scalar(python="date"),
    serializers.DateTimeField: Scalar(python="datetime"),
}


def _annotated(method: Callable[..., Any], why: str) -> Shape:
    name = method.__qualname__.rpartition("<locals>.")[2]
    if "return" not in getattr(method, "__annotations__", {}):
        return Unknown(f"{why}, and {name} has no return annotation.")
    try:
        hints = get_type_hints(method)
    except NameError as missing:
        return Unknown(f"{why}, and the annotation of {name} cannot be read: {missing}.")
    return shape_of_annotation(hints["return"], why=f"{why}, and {name}")


def _is_open(field: Any) -> bool:
    """Return whether a list or an object may hold anything."""
    return type(field.child).__name__ == "_UnvalidatedField"


def _kind(field: object) -> str:
    return type(field).__name__
