"""The base class of the views under ``/v1``: the caller, validation, one transaction."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar, cast

import pghistory
from django.db import transaction
from django.http import HttpRequest
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.request import Request
from rest_framework.views import APIView

from core_site.partner_api.authentication import ApiKeyAuthentication, HasScope
from core_site.partner_api.idempotent_calls import (
    IdempotentWrite,
    forget_recorded_attempt,
    idempotency_key,
    idempotent_write,
)
from core_site.partner_api.negotiation import AlwaysJson, BoundedJSONParser, take_chunked_body
from core_site.partner_api.serializers import StrictSerializer
from core_site.problem_details import SENT_TWICE
from core_site.request_ids import get_request_id
from shared_domain.partners import Caller, Scope


class PartnerEndpoint(APIView):
    """Base view of partners' endpoints: requires an API key, and the scope of each method."""

    authentication_classes = [ApiKeyAuthentication]
    permission_classes = [HasScope]
    parser_classes = [BoundedJSONParser]
    content_negotiation_class: type[DefaultContentNegotiation] = AlwaysJson
    http_method_names = ["get", "post", "patch", "delete", "head"]

    scopes: ClassVar[Mapping[str, Scope]] = {}

    @property
    def caller(self) -> Caller:
        """The authenticated caller; a view passes ``caller.access`` to services."""
        return cast(Caller, self.request.auth)

    @property
    def default_response_headers(self) -> dict[str, str]:
        headers = super().default_response_headers | {"X-Request-Id": get_request_id(self.request)}
        # The edge names the possible methods in a 405 only, which the exception handler does.
        del headers["Allow"]
        return headers

    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Request:
        take_chunked_body(request)
        return super().initialize_request(request, *args, **kwargs)

    def read(self, request: Request, body: StrictSerializer | None = None) -> dict[str, Any]:
        """Return the validated fields of the body; the query string must be empty.

        Raises:
            ValidationError: body, query string or idempotency key are invalid; errors of body and
                query are reported together.
        """
        idempotency_key(request)
        query = StrictSerializer(data=request.query_params.dict())
        return _validate_all(query, *([] if body is None else [body]))

    def read_query(self, request: Request, kind: type[StrictSerializer]) -> dict[str, Any]:
        """Return the validated query parameters.

        Raises:
            ValidationError: the query is invalid, or sends a parameter twice.
        """
        sent = request.query_params
        twice = [name for name in map(str, kind().fields) if len(sent.getlist(name)) > 1]
        if twice:
            message = ErrorDetail("This parameter must be sent once.", SENT_TWICE)
            raise ValidationError({name: [message] for name in twice})
        return _validate_all(kind(data=sent.dict()))

    @contextmanager
    def one_transaction(self, request: Request) -> Iterator[IdempotentWrite]:
        """Run the block in a transaction whose history names the API key and the request id.

        Inside the block, return ``write.answer(Response(…))``: with an idempotency key, the answer
        is stored in the same transaction, and the block does not run again for a repeat.
        """
        stamp = {"api_key": self.caller.api_key_id, "request_id": get_request_id(request)}
        try:
            with (
                pghistory.context(**stamp),
                transaction.atomic(),
                idempotent_write(request, access=self.caller.access) as write,
            ):
                yield write
        finally:
            forget_recorded_attempt()


def _validate_all(*parts: StrictSerializer) -> dict[str, Any]:
    if errors := [part.errors for part in parts if not part.is_valid()]:
        raise ValidationError(errors)
    return {name: value for part in parts for name, value in part.validated_data.items()}
