"""``/v1/statements``: what the partner owes, month by month, as JSON or CSV."""

from collections.abc import Iterable, Mapping
from typing import Any

from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from core_site import stores
from core_site.partner_api.endpoint import PartnerEndpoint
from core_site.partner_api.problems import FieldError, RequestMalformed
from core_site.partner_api.reading import ByFormatOrAccept
from core_site.partner_api.statement_serializers import (
    FormatParameters,
    LineSerializer,
    MonthListSerializer,
    StatementSerializer,
    TotalSerializer,
)
from shared_domain import spreadsheets, statements
from shared_domain.partners import Scope
from shared_domain.run_now import run_now


class CsvRenderer(BaseRenderer):
    """Writes what the view calls its ``rows``, under the names that JSON has."""

    media_type = "text/csv"
    format = "csv"
    charset = "utf-8"

    def render(
        self,
        data: Mapping[str, Any],
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        view: StatementEndpoint = (renderer_context or {})["view"]
        rows = ([row[name] for name in view.columns] for row in view.rows(data))
        return spreadsheets.csv_content(view.columns, rows)


class StatementEndpoint(PartnerEndpoint):
    scopes = {"GET": Scope.BOOKINGS_READ}
    renderer_classes = [JSONRenderer, CsvRenderer]
    content_negotiation_class = ByFormatOrAccept

    #: The columns of the CSV, and how to draw its rows from what JSON says.
    columns: tuple[str, ...] = ()

    def rows(self, data: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
        raise NotImplementedError

    def answer(self, data: Mapping[str, Any], *, filename: str) -> Response:
        headers = {}
        if self.request.accepted_renderer.format == CsvRenderer.format:
            headers["Content-Disposition"] = f'attachment; filename="{filename}"'
        return Response(data, headers=headers)


class StatementList(StatementEndpoint):
    serializer_class = MonthListSerializer
    columns = ("month", *TotalSerializer().fields)

    def get(self, request: Request) -> Response:
        self.read_query(request, FormatParameters)
        months = run_now(
            statements.list_months(
                access=self.caller.access,
                store=stores.statements(),
            )
        )
        data = MonthListSerializer({"items": months}).data
        return self.answer(data, filename="statements.csv")

    def rows(self, data: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
        return (
            {"month": item["month"], **total} for item in data["items"] for total in item["totals"]
        )


class Statement(StatementEndpoint):
    serializer_class = StatementSerializer
    columns = tuple(LineSerializer().fields)

    def get(self, request: Request, month: str) -> Response:
        self.read_query(request, FormatParameters)
        statement = run_now(
            statements.month_statement(
                _month(month),
                access=self.caller.access,
                store=stores.statements(),
            )
        )
        data = StatementSerializer(statement).data
        return self.answer(data, filename=f"statement-{month}.csv")

    def rows(self, data: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
        lines: Iterable[Mapping[str, Any]] = data["lines"]
        return lines


def _month(text: str) -> statements.Month:
    """Return the month that the path names.

    Raises:
        RequestMalformed: there is no such month.
    """
    try:
        return statements.Month.from_text(text)
    except statements.InvalidMonth as unusable:
        raise RequestMalformed([FieldError("month", "month", "text", str(unusable))]) from None
