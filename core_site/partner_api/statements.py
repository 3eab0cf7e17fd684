"""``/v1/statements``: the partner's monthly statements, as JSON or CSV."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from rest_framework.exceptions import ValidationError
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from core_site import stores
from core_site.partner_api.endpoint import PartnerEndpoint
from core_site.partner_api.negotiation import ByFormatOrAccept
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

Row = Mapping[str, Any]


class CsvRenderer(BaseRenderer):
    """Renders rows as CSV; the header line has the view's ``columns``, even without rows."""

    media_type = "text/csv"
    format = "csv"
    charset = "utf-8"

    def render(
        self,
        data: Sequence[Row],
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        columns = (renderer_context or {})["view"].columns
        return spreadsheets.csv_content(columns, ([row[name] for name in columns] for row in data))


class StatementEndpoint(PartnerEndpoint):
    scopes = {"GET": Scope.BOOKINGS_READ}
    renderer_classes = [JSONRenderer, CsvRenderer]
    content_negotiation_class = ByFormatOrAccept
    columns: ClassVar[tuple[str, ...]]

    def respond(self, data: Row, rows: Sequence[Row], *, filename: str) -> Response:
        """Return ``data`` as JSON, or ``rows`` as a CSV file."""
        if self.request.accepted_renderer.format == CsvRenderer.format:
            disposition = f'attachment; filename="{filename}"'
            return Response(rows, headers={"Content-Disposition": disposition})
        return Response(data)


class StatementList(StatementEndpoint):
    serializer_class = MonthListSerializer
    columns = ("month", *TotalSerializer().fields)

    def get(self, request: Request) -> Response:
        self.read_query(request, FormatParameters)
        months = run_now(
            statements.list_months(access=self.caller.access, store=stores.statements())
        )
        data = MonthListSerializer({"items": months}).data
        rows = [
            {"month": month["month"], **total}
            for month in data["items"]
            for total in month["totals"]
        ]
        return self.respond(data, rows, filename="statements.csv")


class Statement(StatementEndpoint):
    serializer_class = StatementSerializer
    columns = tuple(LineSerializer().fields)

    def get(self, request: Request, month: str) -> Response:
        self.read_query(request, FormatParameters)
        try:
            wanted = statements.Month.from_text(month)
        except statements.InvalidMonth:
            wanted_form = "This field must be a month such as 2026-07."
            raise ValidationError({"month": [wanted_form]}) from None
        statement = run_now(
            statements.month_statement(wanted, access=self.caller.access, store=stores.statements())
        )
        data = StatementSerializer(statement).data
        return self.respond(data, data["lines"], filename=f"statement-{month}.csv")
