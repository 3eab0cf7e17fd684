"""Describe an endpoint by OpenAPI schemas, and write the schemas as Pydantic models."""

import ast
import inspect
import re
import textwrap
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, cast

from datamodel_code_generator import generate
from django.urls import path
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.settings import patched_settings
from drf_spectacular.utils import extend_schema
from genson import SchemaBuilder
from rest_framework.serializers import BaseSerializer

from core_site.rollout.evidence_models import Recording
from core_site.rollout.routes import ApiRoute

Schema = dict[str, Any]

_SPECTACULAR = {"COMPONENT_SPLIT_REQUEST": True, "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
                "OAS_VERSION": "3.1.0"}  # fmt: skip
_MODELS: Schema = {
    "input_file_type": "openapi", "target_python_version": "3.11", "formatters": [],
    "snake_case_field": True, "allow_population_by_field_name": True, "strict_nullable": True,
    "enum_field_as_literal": "all", "collapse_root_models": True, "use_type_alias": True,
    "use_annotated": True, "use_schema_description": True, "use_single_line_docstring": True,
    "disable_future_imports": True, "output_datetime_class": "datetime", "custom_file_header": " ",
    # Django's own rules for addresses differ from Pydantic's.
    "type_mappings": ["email=string", "uri=string"],
}  # fmt: skip
_TYPED = {"$ref", "oneOf", "allOf", "anyOf", "enum", "items", "properties", "additionalProperties"}


@dataclass
class Description:
    """An endpoint's status of success, and the schemas of its "answer", "body" and "query"."""

    status: int = 200
    #: An empty schema where nothing is known.
    parts: dict[str, Schema] = field(default_factory=lambda: {"answer": {}})
    components: dict[str, Schema] = field(default_factory=dict)
    questions: list[str] = field(default_factory=list)

    def name_types(self, prefix: str) -> dict[str, str]:
        """Return the Python type of each part; a schema without a name becomes a component."""
        types = {}
        for part, schema in self.parts.items():
            types[part] = str(schema.get("$ref", f"/{prefix}{part.title()}")).rpartition("/")[2]
            self.components.setdefault(types[part], schema)
        return types


def describe(method: str, route: ApiRoute | None, traffic: list[Recording]) -> Description:
    """Describe an endpoint by its serializers, and by recorded traffic where it has none."""
    found = _describe_view(route) if route and hasattr(route.view, "cls") else Description()
    if method in ("POST", "PUT", "PATCH"):
        found.parts.setdefault("body", {})
    accepted = [row for row in traffic if 200 <= row.status < 300]
    found.status = accepted[0].status if accepted else found.status
    for part in [name for name, schema in found.parts.items() if accepted and not schema]:
        builder = SchemaBuilder(schema_uri=None)
        for row in accepted:
            builder.add_object(getattr(row, part))
        found.parts[part] = builder.to_schema()
    return found


def _describe_view(route: ApiRoute) -> Description:
    view, method = cast(Any, route.view), route.method.lower()
    actions = {key: name for key, name in getattr(view, "actions", {}).items() if key == method}
    named = dict(_named_serializers(getattr(view.cls, actions.get(method, method))))
    options = {"request" if use == "body" else "responses": one for use, one in named.items()}
    if method == "get" and "body" in named:
        options["parameters"] = [type(options.pop("request"))]
    members = {"schema": AutoSchema(), "__module__": view.__module__, "http_method_names": [method]}
    described: Any = extend_schema(**options)(type(view.cls.__name__, (view.cls,), members))
    callback = described.as_view(*filter(None, [actions]), **view.initkwargs)
    pattern = path(route.path_template[1:].replace("{", "<").replace("}", ">"), callback)
    GENERATOR_STATS.reset()
    with patched_settings(_SPECTACULAR), GENERATOR_STATS.silence():
        document = cast(Any, SchemaGenerator)(patterns=[pattern]).get_schema(public=True)
    ((operation,),) = (one.values() for one in document["paths"].values())
    ((status, response),) = operation["responses"].items()
    answers = {media: one["schema"] for media, one in response.get("content", {}).items()}
    parts = {} if status == "204" else {"answer": next(iter(answers.values()), Schema())}
    for media in operation.get("requestBody", {}).get("content", {}).values():
        parts["body"] = media["schema"]
    if query := [one for one in operation.get("parameters", ()) if one["in"] == "query"]:
        properties = {one["name"]: one["schema"] for one in query}
        required = [one["name"] for one in query if one.get("required")]
        parts["query"] = {"type": "object", "properties": properties, "required": required}
    questions = [f"How is it answered as {media}?" for media in answers if "json" not in media]
    said = "\n".join([*GENERATOR_STATS._warn_cache, *GENERATOR_STATS._error_cache])
    doubts = re.findall(r"\]: ((?:unable to resolve|could not resolve serializer).*?)\. ", said)
    questions += [f"Which type is right? drf-spectacular: {doubt}." for doubt in doubts]
    return Description(int(status), parts, document["components"].get("schemas", {}), questions)


def _named_serializers(handler: Callable[..., Any]) -> Iterator[tuple[str, Any]]:
    """Yield the serializers in a handler's own source, each with "body" or "answer" for its use.

    A serializer reads the body if it is called with ``data``, or passed to a function as a class.
    """
    code: Any = inspect.unwrap(handler)
    tree = ast.walk(ast.parse(textwrap.dedent(inspect.getsource(code))))
    for call in [node for node in tree if isinstance(node, ast.Call)]:
        for node in (call.func, *call.args):
            kind = code.__globals__.get(node.id) if isinstance(node, ast.Name) else None
            if isinstance(kind, type) and issubclass(kind, BaseSerializer):
                options = {keyword.arg for keyword in call.keywords}
                is_read = node is not call.func or "data" in options
                yield "body" if is_read else "answer", kind(many="many" in options)


def write_models(components: dict[str, Schema]) -> tuple[str, list[str]]:
    """Return the source of the models, and a question for each type or limit that they lack."""
    if not components:
        return "", []
    document = {"openapi": "3.1.0", "info": {}, "paths": {}, "components": {"schemas": components}}
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        source = generate(document, **_MODELS)
    # Not of what the process happens to clean up meanwhile, such as a socket (ResourceWarning).
    left_out = (one.message for one in warned if issubclass(one.category, UserWarning))
    values = [value for root in components.items() for value in _values(*root)]
    questions = [
        f"What is the type of {label}? No serializer says it, and no recorded value."
        for label, schema, _ in values
        if not _TYPED & schema.keys() and schema.get("type", "null") in ("null", "object", "array")
    ]
    if optional := ", ".join(label for label, _, is_required in values if not is_required):
        questions.append(f"Which of these may be left out, and which may be null? {optional}.")
    return str(source), [*questions, *(f"{message} Which is it?" for message in left_out)]


def _values(name: str, schema: Schema, needed: bool = True) -> Iterator[tuple[str, Schema, bool]]:
    """Yield a schema and all that are in it, at any depth, and whether each value is required."""
    yield name, schema, needed
    for suffix, key in (("[]", "items"), (".*", "additionalProperties")):
        if isinstance(schema.get(key), dict):
            yield from _values(f"{name}{suffix}", schema[key])
    for key, one in schema.get("properties", {}).items():
        needed = key in schema.get("required", ()) or "default" in one
        yield from _values(f"{name}.{key}", one, needed)
