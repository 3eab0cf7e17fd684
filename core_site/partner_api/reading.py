"""The JSON parser, with a bound on the body's size, and content negotiation."""

import json
from collections.abc import Iterable, Mapping
from io import BytesIO
from typing import IO, Any

from django.http import HttpRequest
from rest_framework.negotiation import BaseContentNegotiation, DefaultContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from core_site.partner_api.problems import FieldError, RequestMalformed, UnreadableBody

MOST_BODY_BYTES = 1024 * 1024


def take_body_of_unknown_length(request: HttpRequest) -> None:
    """Read a body with chunked transfer encoding, which Django takes for an empty one.

    WSGI tells the end of a body by its length; gunicorn's own stream knows the end of chunks too.
    """
    meta = request.META
    if meta.get("wsgi.input_terminated") and "HTTP_TRANSFER_ENCODING" in meta:
        body = meta["wsgi.input"].read(MOST_BODY_BYTES + 1)
        request._stream = BytesIO(body)
        meta["CONTENT_LENGTH"] = str(len(body))


class StrictJsonParser(BaseParser):
    """Parses JSON bodies of at most 1 MiB, of any JSON media type or of none."""

    media_type = "*/*"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        body = stream.read(MOST_BODY_BYTES + 1)
        if len(body) > MOST_BODY_BYTES:
            message = f"the body must be at most {MOST_BODY_BYTES} bytes long"
            raise UnreadableBody(message, status=413)
        if not body.strip():
            return {}
        kind = (media_type or "").partition(";")[0].strip().lower()
        is_json = kind == "application/json" or (
            kind.startswith("application/") and kind.endswith("+json")
        )
        if kind and not is_json:
            raise UnreadableBody("Content-Type must be application/json", status=415)
        try:
            return json.loads(body)
        except json.JSONDecodeError as mistake:
            raise UnreadableBody(
                f"the body is not JSON: the mistake is at character {mistake.pos}"
            ) from None
        except (ValueError, RecursionError):
            raise UnreadableBody("the body cannot be read as JSON") from None


class OnlyJson(BaseContentNegotiation):
    """Content negotiation that always selects JSON, whatever ``Accept`` says."""

    def select_parser(self, request: Request, parsers: Iterable[BaseParser]) -> BaseParser:
        return next(iter(parsers))

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
        chosen = [renderer for renderer in renderers if renderer.format == format]
        if not chosen:
            known = " or ".join(renderer.format for renderer in renderers)
            raise RequestMalformed([FieldError("format", "choice", "text", f"must be {known}")])
        return chosen
