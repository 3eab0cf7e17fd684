"""The base class of the views under ``/v1``: authentication, validation, one transaction."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar, cast

import pghistory
from django.db import transaction
from django.http import HttpRequest, HttpResponseBase
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core_site.partner_api.authentication import ApiKeyAuthentication, HasScope
from core_site.partner_api.problems import RequestMalformed, answer_problem
from core_site.partner_api.reading import (
    OnlyJson,
    StrictJsonParser,
    take_body_of_unknown_length,
)
from core_site.partner_api.strict_serializer import Parameters, StrictSerializer
from core_site.request_ids import get_request_id
from shared_domain.partners import Caller, Scope


class PartnerEndpoint(APIView):
    """A view that checks the API key, its scope and then the request's shape before it runs."""

    authentication_classes = [ApiKeyAuthentication]
    permission_classes = [HasScope]
    parser_classes = [StrictJsonParser]
    renderer_classes = [JSONRenderer]
    content_negotiation_class: type[BaseContentNegotiation] = OnlyJson
    metadata_class = None

    #: The scope that each method needs.
    scopes: ClassVar[Mapping[str, Scope]] = {}

    @property
    def caller(self) -> Caller:
        """The authenticated caller; a view passes ``caller.access`` to services."""
        return cast(Caller, self.request.auth)

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.request_id = get_request_id(request)

    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Request:
        take_body_of_unknown_length(request)
        return super().initialize_request(request, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        # Who may not come in learns nothing about what the request should look like.
        self.perform_authentication(request)
        self.check_permissions(request)
        super().initial(request, *args, **kwargs)

    def get_exception_handler(self) -> Any:
        return answer_problem

    def finalize_response(
        self, request: Request, response: HttpResponseBase, *args: Any, **kwargs: Any
    ) -> Response:
        answer = super().finalize_response(request, cast(Response, response), *args, **kwargs)
        answer["X-Request-Id"] = self.request_id
        return answer

    @property
    def default_response_headers(self) -> dict[str, str]:
        return {"Vary": "Accept"} if len(self.renderer_classes) > 1 else {}

    def read(self, request: Request, body: StrictSerializer | None = None) -> dict[str, Any]:
        """Return the validated fields of the body; the query string must be empty.

        Raises:
            RequestMalformed: with every flaw of both.
        """
        query = Parameters(data=request.query_params.dict())
        read_body = [] if body is None else [body]
        flaws = [flaw for part in (query, *read_body) for flaw in part.flaws()]
        if flaws:
            raise RequestMalformed(flaws)
        return {} if body is None else body.validated_data

    def read_query(self, request: Request, kind: type[Parameters]) -> dict[str, Any]:
        """Return the validated query parameters.

        Raises:
            RequestMalformed: with every flaw of the query.
        """
        query = kind(data=request.query_params.dict())
        flaws = list(query.flaws())
        if flaws:
            raise RequestMalformed(flaws)
        values: dict[str, Any] = query.validated_data
        return values

    @contextmanager
    def one_transaction(self, request: Request) -> Iterator[None]:
        """Run the block in a transaction whose history names the API key and the request id."""
        stamp = {"api_key": self.caller.api_key_id, "request_id": self.request_id}
        with pghistory.context(**stamp), transaction.atomic():
            yield
