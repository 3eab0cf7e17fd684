"""The JSON parser, with a bound on the body's size, and content negotiation."""

from collections.abc import Iterable, Mapping
from io import BytesIO
from typing import IO, Any

from django.http import HttpRequest
from rest_framework.exceptions import (
    APIException,
    ErrorDetail,
    ParseError,
    UnsupportedMediaType,
    ValidationError,
)
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from core_site.problem_details import SENT_TWICE
from shared_domain.strict_json import Path, RepeatedName, parse_json

MOST_BODY_BYTES = 1024 * 1024


#: The key of ``META`` for the body, since its stream can be read only once.
_BODY_AS_SENT = "portico.body_as_sent"


class BodyTooLong(APIException):
    status_code = 413
    default_detail = f"Request body is longer than {MOST_BODY_BYTES} bytes."


class CompressedBody(APIException):
    status_code = 415
    default_detail = "Content-Encoding is not supported: bodies are not compressed."


class BoundedJSONParser(BaseParser):
    """Parses JSON bodies of at most 1 MiB, of any JSON media type or of none; blank is ``{}``."""

    media_type = "*/*"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        body = stream.read(MOST_BODY_BYTES + 1)
        if len(body) > MOST_BODY_BYTES:
            raise BodyTooLong
        request = (parser_context or {}).get("request")
        if request is not None:
            request._request.META[_BODY_AS_SENT] = body
        if not body.strip():
            return {}
        kind = (media_type or "application/json").partition(";")[0].strip().lower()
        is_json = kind.startswith("application/") and kind.endswith(("/json", "+json"))
        if not is_json:
            raise UnsupportedMediaType(kind)
        coding = request.META.get("HTTP_CONTENT_ENCODING", "") if request is not None else ""
        if coding.strip().lower() not in ("", "identity"):
            raise CompressedBody
        try:
            return parse_json(body)
        except RepeatedName as repeated:
            raise ValidationError(_nested(repeated.path)) from None
        except (ValueError, RecursionError) as mistake:
            raise ParseError(f"JSON parse error - {mistake}") from None


def _nested(path: Path) -> dict[str, Any]:
    """Return REST framework's form of an error at the end of a path."""
    error: Any = [ErrorDetail("This field must be sent once.", SENT_TWICE)]
    for step in reversed(path):
        error = {str(step): error}
    return error  # type: ignore[no-any-return]


def body_as_sent(request: Request) -> bytes:
    """Return the bytes of the parsed body; empty if there is none, or it was never parsed."""
    body: bytes = request.META.get(_BODY_AS_SENT, b"")
    return body


def take_chunked_body(request: HttpRequest) -> None:
    """Read a body with chunked transfer encoding, which Django would treat as empty.

    Django reads as many bytes as Content-Length states, and such a body has none; gunicorn's input
    stream ends with the last chunk.
    """
    meta = request.META
    if meta.get("wsgi.input_terminated") and "HTTP_TRANSFER_ENCODING" in meta:
        body = meta["wsgi.input"].read(MOST_BODY_BYTES + 1)
        request._stream = BytesIO(body)
        meta["CONTENT_LENGTH"] = str(len(body))


class AlwaysJson(DefaultContentNegotiation):
    """Content negotiation that selects the view's first renderer, whatever ``Accept`` says."""

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        renderer = next(iter(renderers))
        return renderer, renderer.media_type


class ByFormatOrAccept(DefaultContentNegotiation):
    """Content negotiation by the parameter ``format``, else by ``Accept``."""

    def filter_renderers(
        self, renderers: Iterable[BaseRenderer], format: str
    ) -> list[BaseRenderer]:
        # An unknown format is a validation error, which the view raises.
        known = list(renderers)
        return [renderer for renderer in known if renderer.format == format] or known
