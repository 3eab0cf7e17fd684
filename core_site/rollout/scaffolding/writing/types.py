"""How a shape is written as a type: in an answer, in a request, and in the domain."""

from core_site.rollout.scaffolding.naming import slug
from core_site.rollout.scaffolding.shapes import (
    Choice,
    DictOf,
    ListOf,
    OrNull,
    Scalar,
    Shape,
    Thing,
    Unknown,
)
from core_site.rollout.scaffolding.writing.python_text import arguments, literal

#: Types that come as text in JSON, and must be read from text even where nothing is converted.
_READ_FROM_TEXT = ("UUID", "date", "datetime", "time")


def in_domain(shape: Shape, *, qualifier: str = "") -> str:
    """Return the type of a value in the domain; ``qualifier`` is the module of its classes."""
    match shape:
        case Scalar():
            return shape.python
        case OrNull():
            return _or_none(in_domain(shape.shape, qualifier=qualifier))
        case Choice():
            return _literal(shape)
        case ListOf():
            return f"tuple[{in_domain(shape.item, qualifier=qualifier)}, ...]"
        case DictOf():
            return f"Mapping[str, {in_domain(shape.value, qualifier=qualifier)}]"
        case Thing():
            return f"{qualifier}.{shape.name}" if qualifier else shape.name
        case Unknown():
            return "object"


def in_answer(shape: Shape) -> str:
    """Return the type of a part of an answer, with the way in which it is written."""
    match shape:
        case Scalar():
            return _answered(shape)
        case OrNull():
            return _or_none(in_answer(shape.shape))
        case ListOf():
            return f"list[{in_answer(shape.item)}]"
        case DictOf():
            return f"dict[str, {in_answer(shape.value)}]"
        case Unknown():
            return "Any"
    return in_domain(shape)


def in_request(shape: Shape, *, is_query: bool = False) -> str:
    """Return the type of a part of a request, with its limits."""
    match shape:
        case Scalar():
            return _asked(shape, is_query)
        case OrNull():
            return _or_none(in_request(shape.shape, is_query=is_query))
        case ListOf():
            limits = _call("Field", min_length=shape.shortest, max_length=shape.longest)
            return _annotated(f"list[{in_request(shape.item)}]", limits)
        case DictOf():
            return f"dict[str, {in_request(shape.value)}]"
        case Unknown():
            return "Any"
    return in_domain(shape)


def converter_of(thing: Thing) -> str:
    """Return the name of the function that makes this object of the one on the other side."""
    return f"_{slug(thing.name)}"


def converted(shape: Shape, value: str, *, is_to_domain: bool, each: str = "it") -> str:
    """Return the expression that carries a value from the domain into an answer, or back."""
    match shape:
        case OrNull():
            inner = converted(shape.shape, value, is_to_domain=is_to_domain, each=each)
            return inner if inner == value else f"{inner} if {value} is not None else None"
        case ListOf():
            inner = converted(shape.item, each, is_to_domain=is_to_domain, each=f"{each}s")
            if is_to_domain:
                return f"tuple({value if inner == each else f'{inner} for {each} in {value}'})"
            return f"list({value})" if inner == each else f"[{inner} for {each} in {value}]"
        case DictOf():
            inner = converted(shape.value, each, is_to_domain=is_to_domain, each=f"{each}s")
            if inner == each:
                return f"dict({value})"
            return f"{{key: {inner} for key, {each} in {value}.items()}}"
        case Thing():
            return f"{converter_of(shape)}({value})"
    return value


def _answered(shape: Scalar) -> str:
    kind, _, how = shape.written.partition(":")
    writers = {
        "fixed": f'lambda it: f"{{it:.{how}f}}", return_type=str',
        "text": "str, return_type=str",
        "number": "float, return_type=float",
        "format": f"lambda it: it.strftime({literal(how)}), return_type=str",
    }
    if kind in writers:
        return f"Annotated[{shape.python}, PlainSerializer({writers[kind]})]"
    return shape.python


def _asked(shape: Scalar, is_query: bool) -> str:
    if shape.python == "str":
        strip = True if shape.is_trimmed else None
        limits = _call(
            "StringConstraints",
            min_length=shape.shortest,
            max_length=shape.longest,
            pattern=shape.pattern,
            strip_whitespace=strip,
        )
        return _annotated("str", limits)
    numbers = {"ge": shape.least, "le": shape.most}
    if shape.python == "Decimal":
        numbers |= {"max_digits": shape.digits, "decimal_places": shape.decimal_places}
    is_converted = shape.python in _READ_FROM_TEXT or shape.python == "Decimal"
    limits = _call("Field", strict=False if is_converted else None, **numbers)
    before = ""
    if shape.python in _READ_FROM_TEXT:
        before = "BeforeValidator(_only_text)"
    elif is_query and shape.python == "int":
        before = "BeforeValidator(_number)"
    return _annotated(shape.python, limits, before)


def _annotated(kind: str, *notes: str) -> str:
    written = arguments(notes)
    return f"Annotated[{kind}, {written}]" if written else kind


def _call(name: str, **options: object) -> str:
    given = [
        f"{key}={_raw(value) if key == 'pattern' else literal(value)}"
        for key, value in options.items()
        if value is not None
    ]
    return f"{name}({', '.join(given)})" if given else ""


def _raw(pattern: object) -> str:
    """Return a pattern as a raw literal, as far as there is one."""
    text = str(pattern)
    if text.isprintable() and '"' not in text and not text.endswith("\\"):
        return f'r"{text}"'
    return literal(text)


def _literal(shape: Choice) -> str:
    return f"Literal[{', '.join(map(literal, shape.values))}]"


def _or_none(kind: str) -> str:
    return f"{kind} | None"
