"""What is open: the statements of all months that are over, who is to settle them, and how much."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from django.urls import reverse

from core_site import stores
from core_site.admin_kit.money_format import money
from core_site.exports.columns import Cell, amount_cell
from core_site.partners.models import Partner
from core_site.statements.pages import month_url, statement_url
from shared_domain import settlements
from shared_domain.run_now import run_now
from shared_domain.settlements import MonthBalance, PartnerBalance, StatementBalance
from shared_domain.statements import Month

#: Rows of each table; the download has every open statement.
ROWS_SHOWN = 50

#: Open statements that the download holds.
MOST_DOWNLOADED = 100_000

COLUMNS = ("Partner", "Month", "Currency", "Owed", "Paid", "Open")


def last_month_over(today: date) -> Month:
    """Return the last month that is over: the latest that is billed."""
    return Month.of_day(today.replace(day=1) - timedelta(days=1))


def open_context(until: Month) -> Mapping[str, Any]:
    """Return what the page shows: sums, then partners, months and statements."""
    store = stores.settlements()
    months = run_now(settlements.list_month_balances(until, store=store))
    partners = run_now(settlements.list_open_partners(until, most=ROWS_SHOWN + 1, store=store))
    open_statements = run_now(
        settlements.list_open_statements(until, most=ROWS_SHOWN + 1, store=store)
    )
    shown = {row.partner_id for row in partners} | {row.partner_id for row in open_statements}
    names = dict(Partner.objects.filter(pk__in=shown).values_list("pk", "name"))
    return {
        "until": str(until),
        "sums": list(_sum_up(months)),
        "partners": [_partner_row(row, names) for row in partners[:ROWS_SHOWN]],
        "months": [_month_row(row) for row in months[:ROWS_SHOWN]],
        "statements": [_statement_row(row, names) for row in open_statements[:ROWS_SHOWN]],
        "rows_shown": ROWS_SHOWN,
        "are_partners_cut": len(partners) > ROWS_SHOWN,
        "are_months_cut": len(months) > ROWS_SHOWN,
        "are_statements_cut": len(open_statements) > ROWS_SHOWN,
        "files": [
            (kind.upper(), f"{reverse('admin:statements_open_export', args=[kind])}?until={until}")
            for kind in ("csv", "xlsx")
        ],
    }


def open_table(until: Month) -> Iterator[tuple[Cell, ...]]:
    """Yield every open statement for a spreadsheet, amounts in units of their currency."""
    rows = run_now(
        settlements.list_open_statements(until, most=MOST_DOWNLOADED, store=stores.settlements())
    )
    names = dict(Partner.objects.values_list("pk", "name"))
    for row in rows:
        amounts = (row.owed_minor, row.paid_minor, row.open_minor)
        yield (
            names[row.partner_id],
            str(row.month),
            row.currency,
            *(amount_cell(amount, row.currency) for amount in amounts),
        )


def _sum_up(months: Iterable[MonthBalance]) -> Iterator[dict[str, object]]:
    """Yield the sums of each currency over all months."""
    by_currency: dict[str, list[MonthBalance]] = {}
    for row in months:
        by_currency.setdefault(row.currency, []).append(row)
    for currency, rows in sorted(by_currency.items()):
        yield {
            "currency": currency,
            "due": money(sum(row.due_minor for row in rows), currency),
            "to_return": money(sum(row.to_return_minor for row in rows), currency),
            "has_to_return": any(row.to_return_minor for row in rows),
            "unsettled": sum(row.unsettled for row in rows),
            "settled": sum(row.settled for row in rows),
        }


def _partner_row(row: PartnerBalance, names: Mapping[int, str]) -> dict[str, object]:
    return {
        "name": names[row.partner_id],
        "url": statement_url(row.partner_id, row.oldest),
        "statements": row.statements,
        "oldest": str(row.oldest),
        "due": _amount(row.due_minor, row.currency),
        "to_return": _amount(row.to_return_minor, row.currency),
    }


def _month_row(row: MonthBalance) -> dict[str, object]:
    return {
        "name": str(row.month),
        "url": month_url(row.month),
        "settled": row.settled,
        "unsettled": row.unsettled,
        "owed": money(row.owed_minor, row.currency),
        "paid": money(row.paid_minor, row.currency),
        "due": _amount(row.due_minor, row.currency),
        "to_return": _amount(row.to_return_minor, row.currency),
    }


def _statement_row(row: StatementBalance, names: Mapping[int, str]) -> dict[str, object]:
    arguments = [row.partner_id, str(row.month), row.currency]
    return {
        "name": names[row.partner_id],
        "month": str(row.month),
        "url": statement_url(row.partner_id, row.month),
        "owed": money(row.owed_minor, row.currency),
        "paid": money(row.paid_minor, row.currency),
        "open": money(abs(row.open_minor), row.currency)
        + (" to return" if row.open_minor < 0 else ""),
        "pay_url": reverse("admin:statements_pay", args=arguments),
        "pay_label": f"Record payment of {names[row.partner_id]} for {row.month} in {row.currency}",
    }


def _amount(minor: int, currency: str) -> str:
    return money(minor, currency) if minor else "–"
