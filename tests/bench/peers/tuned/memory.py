"""What the tuned peers remember, as the edge does: keys, and products with their JSON."""

import json
from datetime import UTC, date, datetime, time, timedelta
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from tests.bench.peers import building, rules
from tests.bench.peers.bolt_peer import schemas
from tests.bench.peers.rules import Refused
from tests.bench.peers.tuned import statements
from tests.bench.peers.tuned.databases import Database

encode = msgspec.json.Encoder().encode


class Keys:
    """API keys by their digest; all are forgotten when PostgreSQL notifies of a change."""

    def __init__(self) -> None:
        self._known: dict[bytes, SimpleNamespace] = {}

    def forget(self) -> None:
        self._known.clear()

    async def find(
        self, database: Database, authorization: str | None, scope: str
    ) -> SimpleNamespace:
        digest = rules.key_digest(authorization)
        key = self._known.get(digest)
        if key is None:
            rows = await database.fetch(statements.KEY, digest)
            if not rows:
                raise Refused("this API key is unknown or was withdrawn", status=403)
            key = self._known[digest] = _key(*rows[0])
        rules.check_key(key, scope=scope, now=datetime.now(UTC))
        return key


def _key(
    partner_id: int,
    is_active: bool,
    max_hold_minutes: int,
    is_test: bool,
    scopes: list[str],
    expires_at: datetime | None,
    revoked_at: datetime | None,
) -> SimpleNamespace:
    return SimpleNamespace(
        partner_id=partner_id,
        partner=SimpleNamespace(is_active=is_active, max_hold_minutes=max_hold_minutes),
        is_test=is_test,
        scopes=frozenset(scopes),
        expires_at=expires_at,
        revoked_at=revoked_at,
    )


class Products:
    """Products by id and partner, as long as their revision is the one that was just read."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, int], SimpleNamespace] = {}

    async def find(
        self, database: Database, product_id: int, revision: int, partner_id: int
    ) -> SimpleNamespace:
        product = self._known.get((product_id, partner_id))
        if product is None or product.revision != revision:
            ((text,),) = await database.fetch(statements.PRODUCT, product_id, partner_id)
            product = self._known[product_id, partner_id] = _product(text)
        return product


def _product(text: str) -> SimpleNamespace:
    """Return a product as ``rules`` read it, with the JSON of its parts: ``.json`` of each."""
    product = json.loads(text, object_hook=lambda values: SimpleNamespace(**values))
    product.zone = ZoneInfo(product.time_zone)
    for option in product.option_list:
        for price in option.price_list:
            price.season_start = _date(price.season_start)
            price.season_end = _date(price.season_end)
        for schedule in option.schedule_list:
            schedule.start_times = [time.fromisoformat(start) for start in schedule.start_times]
            schedule.season_end = _date(schedule.season_end)
    rules.prepare(product)
    answer = building._product(schemas, product)
    product.json = msgspec.Raw(encode(answer))
    product.listed = msgspec.Raw(encode(_with_lowest_prices(answer)))
    for option, answered in zip(product.option_list, answer.options, strict=True):
        _complete_option(option, answered)
    product.options = {option.id: option for option in product.option_list}
    return product


def _with_lowest_prices(answer: schemas.Product) -> Any:
    """Return a product as the list of products shows it: prices under another name."""
    listed = msgspec.to_builtins(answer)
    for option in listed["options"]:
        for priced in (option, *option["units"]):
            if "pricing" in priced:
                priced["pricingFrom"] = priced.pop("pricing")
    return listed


def _complete_option(option: Any, answered: schemas.Option) -> None:
    option.json = msgspec.Raw(encode(answered))
    for unit, answered_unit in zip(option.unit_list, answered.units, strict=True):
        unit.json = msgspec.Raw(encode(answered_unit))
    option.units = {unit.id: unit for unit in option.unit_list}
    option.fewest_places = rules.fewest_places(option)
    unit, amount = option.cancellation_cutoff_unit, option.cancellation_cutoff_amount
    option.cutoff = timedelta(**{f"{unit}s": amount})
    #: The ordinals of the days on which a price begins or ends; between them none changes.
    option.turns = sorted(
        {price.season_start.toordinal() for price in option.price_list if price.season_start}
        | {price.season_end.toordinal() + 1 for price in option.price_list if price.season_end}
    )
    option.quotes = {}


def _date(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
