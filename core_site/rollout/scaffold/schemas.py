"""Describe an endpoint as OpenAPI schemas, and write the schemas as Pydantic models."""

import ast
import inspect
import re
import textwrap
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from datamodel_code_generator import InputFileType, generate
from datamodel_code_generator.format import PythonVersion
from datamodel_code_generator.parser import LiteralType
from django.urls import path
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.settings import patched_settings
from genson import SchemaBuilder
from rest_framework.serializers import BaseSerializer

from core_site.rollout.evidence_models import Recording
from core_site.rollout.routes import ApiRoute

Schema = dict[str, Any]

_SETTINGS = {"COMPONENT_SPLIT_REQUEST": True, "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
             "OAS_VERSION": "3.1.0"}  # fmt: skip


@dataclass(kw_only=True)
class Description:
    """Schemas of ``answer``, ``body`` and ``query``; an empty one where it is not known."""

    status: int = 200
    parts: dict[str, Schema] = field(default_factory=lambda: {"answer": {}})
    components: dict[str, Schema] = field(default_factory=dict)
    #: Questions that the generators leave.
    doubts: list[str] = field(default_factory=list)


def describe(method: str, route: ApiRoute | None, recorded: Sequence[Recording]) -> Description:
    """Describe an endpoint by its serializers, or by recorded traffic where there is none."""
    found = _describe_view(route) if route and hasattr(route.view, "cls") else Description()
    if method in ("POST", "PUT", "PATCH"):
        found.parts.setdefault("body", {})
    accepted = [row for row in recorded if 200 <= row.status < 300]
    found.status = accepted[0].status if accepted else found.status
    for part in [name for name, schema in found.parts.items() if accepted and not schema]:
        builder = SchemaBuilder(schema_uri=None)
        for row in accepted:
            builder.add_object(getattr(row, part))
        found.parts[part] = builder.to_schema()
    return found


def named_serializers(route: ApiRoute) -> Iterator[tuple[str, BaseSerializer]]:
    """Yield the serializers in a handler's own source, each with "body" or "answer" for its use.

    A serializer reads the body where it is given ``data``, or is handed on as a class.
    """
    method = route.method.lower()
    action = getattr(route.view, "actions", {}).get(method, method)
    code = inspect.unwrap(getattr(route.view.cls, action))
    if code.__module__.startswith("rest_framework"):
        return
    for call in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(code)))):
        for node in (call.func, *call.args) if isinstance(call, ast.Call) else ():
            kind = code.__globals__.get(node.id) if isinstance(node, ast.Name) else None
            if inspect.isclass(kind) and issubclass(kind, BaseSerializer):
                options = {keyword.arg for keyword in call.keywords}
                is_read = node is not call.func or "data" in options
                yield "body" if is_read else "answer", kind(many="many" in options)


class _NamedSerializers(AutoSchema):
    """Takes the serializers that a handler names before the view's ``serializer_class``."""

    named: dict[str, BaseSerializer]

    def get_request_serializer(self) -> Any:
        return self.named.get("body") or super().get_request_serializer()

    def get_response_serializers(self) -> Any:
        return self.named.get("answer") or super().get_response_serializers()

    def get_override_parameters(self) -> list[Any]:
        return [type(self.named["body"])] if self.method == "GET" and "body" in self.named else []


def _describe_view(route: ApiRoute) -> Description:
    kind, method = route.view.cls, route.method.lower()
    schema = _NamedSerializers()
    schema.named = dict(named_serializers(route))
    members = {"schema": schema, "__module__": kind.__module__, "http_method_names": [method]}
    actions = getattr(route.view, "actions", None)
    view = type(kind.__name__, (kind,), members).as_view(
        *([{method: actions[method]}] if actions else []), **getattr(route.view, "initkwargs", {})
    )
    pattern = path(route.path_template[1:].replace("{", "<").replace("}", ">"), view)
    GENERATOR_STATS.reset()
    with patched_settings(_SETTINGS), GENERATOR_STATS.silence():
        document = SchemaGenerator(patterns=[pattern]).get_schema(public=True)
    (operations,) = document["paths"].values()
    operation = operations[method]
    ((status, response),) = operation["responses"].items()
    answers = {media: one["schema"] for media, one in response.get("content", {}).items()}
    parts = {} if status == "204" else {"answer": next(iter(answers.values()), {})}
    for media in operation.get("requestBody", {}).get("content", {}).values():
        parts["body"] = media["schema"]
    query = [one for one in operation.get("parameters", ()) if one["in"] == "query"]
    if query:
        properties = {one["name"]: one["schema"] for one in query}
        parts["query"] = {"type": "object", "properties": properties}
    unresolved = [
        text.partition("]: ")[2].partition(". ")[0]
        for text in (*GENERATOR_STATS._warn_cache, *GENERATOR_STATS._error_cache)
        if not re.search("authenticator|path parameter|guess serializer", text)
    ]
    return Description(
        status=int(status),
        parts=parts,
        components=document.get("components", {}).get("schemas", {}),
        doubts=[f"How is it answered as {media}?" for media in answers if "json" not in media]
        + [f"drf-spectacular was {text}: which type is right?" for text in unresolved],
    )


def type_expression(schema: Schema, name: str, components: dict[str, Schema]) -> str:
    """Return a schema as a Python type; an unnamed object joins the components under ``name``."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if schema.get("type") == "array":
        return f"list[{type_expression(schema.get('items', {}), name, components)}]"
    if "properties" not in schema:
        return "None" if schema.get("type") == "null" else "object"
    components[name] = schema
    return name


def write_models(components: dict[str, Schema]) -> tuple[str, list[str]]:
    """Return the source of the models, and what the generator had to leave out."""
    with warnings.catch_warnings(record=True) as left_out:
        warnings.simplefilter("always")
        source = generate(
            {"openapi": "3.1.0", "info": {}, "paths": {}, "components": {"schemas": components}},
            input_file_type=InputFileType.OpenAPI, target_python_version=PythonVersion.PY_311,
            snake_case_field=True, allow_population_by_field_name=True, strict_nullable=True,
            enum_field_as_literal=LiteralType.All, use_annotated=True, disable_future_imports=True,
            use_schema_description=True, use_single_line_docstring=True, formatters=[],
            output_datetime_class="datetime",
            # Django's own rules for addresses differ from Pydantic's.
            type_mappings=["email=string", "uri=string"],
        )  # fmt: skip
    return str(source), [f"{one.message} Which is it?" for one in left_out]
