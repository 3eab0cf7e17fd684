"""``/v1/statements``: what the partner owes, month by month, as JSON or CSV."""

import csv
import io
import re
from collections.abc import Iterable, Mapping
from datetime import date
from itertools import groupby
from operator import itemgetter
from typing import Any

from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from core_site.partner_api.endpoint import PartnerEndpoint
from core_site.partner_api.owed import lines_of_month, totals_by_month
from core_site.partner_api.problems import Flaw, RequestMalformed
from core_site.partner_api.reading import ByFormatOrAccept
from core_site.partner_api.statement_serializers import (
    FormatParameters,
    LineSerializer,
    MonthListSerializer,
    StatementSerializer,
    TotalSerializer,
)
from shared_domain.money import currency_precision
from shared_domain.partners import Scope

_MONTH = re.compile(r"(?!0000)(?P<year>[0-9]{4})-(?P<month>0[1-9]|1[0-2])")


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
    ) -> str:
        view = renderer_context["view"]
        text = io.StringIO()
        writer = csv.DictWriter(text, view.columns)
        writer.writeheader()
        writer.writerows(view.rows(data))
        return text.getvalue()


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
        by_month = groupby(totals_by_month(request.auth), key=itemgetter("month"))
        months = [
            {
                "month": month.isoformat()[:7],
                "totals": [_total(it["currency"], it["bookings"], it["owed"]) for it in totals],
            }
            for month, totals in by_month
        ]
        data = MonthListSerializer({"items": months}).data
        return self.answer(data, filename="statements.csv")

    def rows(self, data: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
        return ({"month": it["month"], **total} for it in data["items"] for total in it["totals"])


class Statement(StatementEndpoint):
    serializer_class = StatementSerializer
    columns = tuple(LineSerializer().fields)

    def get(self, request: Request, month: str) -> Response:
        self.read_query(request, FormatParameters)
        lines = lines_of_month(request.auth, _first_day(month))
        totals = [
            _total(currency, len(owed), sum(owed))
            for currency, owed in sorted(_owed_by_currency(lines).items())
        ]
        data = StatementSerializer({"month": month, "totals": totals, "lines": lines}).data
        return self.answer(data, filename=f"statement-{month}.csv")

    def rows(self, data: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
        return data["lines"]


def _owed_by_currency(lines: Iterable[Mapping[str, Any]]) -> dict[str, list[int]]:
    owed: dict[str, list[int]] = {}
    for line in lines:
        owed.setdefault(line["currency"], []).append(line["owed"])
    return owed


def _total(currency: str, bookings: int, owed: int) -> dict[str, object]:
    return {
        "currency": currency,
        "currency_precision": currency_precision(currency),
        "bookings": bookings,
        "owed": owed,
    }


def _first_day(month: str) -> date:
    """Return the first day of ``2026-07``.

    Raises:
        RequestMalformed: there is no such month.
    """
    written = _MONTH.fullmatch(month)
    if written is None:
        raise RequestMalformed([Flaw("month", "month", "text", "must be a month such as 2026-07")])
    return date(int(written["year"]), int(written["month"]), 1)
