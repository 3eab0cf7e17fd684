"""Changes of departures, products, prices, terms and keys leave events, by staff or services."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import psycopg
import pytest

from shared_domain.events import EventType
from tests.harness.committed_data import populate
from tests.harness.databases import CommittedDatabase

Told = list[tuple[str, dict[str, Any]]]

KAYAK = "SELECT id FROM catalog_product WHERE code = 'river-kayak'"
OPTION = f"SELECT id FROM catalog_option WHERE product_id = ({KAYAK})"
#: The first of the option's departures on a day some weeks ahead, whatever the hour is now.
DEPARTURE = f"""
SELECT id FROM catalog_departure
 WHERE option_id = ({OPTION}) AND starts_at > date_trunc('day', now()) + interval '21 days'
 ORDER BY starts_at LIMIT 1"""
RIVAL = "SELECT id FROM partners_partner WHERE code = 'rival'"


class Shop:
    """A shop in committed rows, and what each transaction told the log."""

    def __init__(self, database: CommittedDatabase, owner: "psycopg.Connection[Any]") -> None:
        self._database, self._owner = database, owner

    def told_by(self, *statements: str, role: str = "owner") -> Told:
        """Run statements in one transaction, and return the types and data of its events."""
        url: str = getattr(self._database, f"{role}_url")
        with psycopg.connect(url) as connection:
            for statement in statements:
                connection.execute(statement.encode())
            ((transaction_id,),) = connection.execute(
                "SELECT pg_current_xact_id()::text::bigint"
            ).fetchall()
        return self._owner.execute(
            "SELECT type, data FROM events_event WHERE transaction_id = %s ORDER BY id",
            [transaction_id],
        ).fetchall()

    def value(self, statement: str) -> Any:
        ((value,),) = self._owner.execute(statement.encode()).fetchall()
        return value


@pytest.fixture(scope="module")
def shop(
    make_committed_database: Callable[[], AbstractContextManager[CommittedDatabase]],
) -> Iterator[Shop]:
    with make_committed_database() as database:
        populate(database.owner_url)
        with psycopg.connect(database.owner_url, autocommit=True) as owner:
            yield Shop(database, owner)


def names(told: Told) -> list[str]:
    return [name for name, _ in told]


def test_a_departure_closes_opens_moves_and_changes_its_capacity(shop: Shop) -> None:
    change = f"UPDATE catalog_departure SET {{}} WHERE id = ({DEPARTURE})"

    (closed,) = shop.told_by(change.format("is_open = false"))
    assert names(shop.told_by(change.format("is_open = true"))) == ["departure.opened"]
    (moved,) = shop.told_by(
        change.format("starts_at = starts_at + interval '5 minutes', start_time = '09:35'")
    )
    (capacity,) = shop.told_by(change.format("capacity = 20"))

    assert closed[0] == "departure.closed"
    assert set(closed[1]) == {"productId", "optionId", "availabilityId", "localDate"}
    assert closed[1]["productId"] == "river-kayak"
    assert (moved[0], moved[1]["before"]["localTime"]) == ("departure.moved", "09:30:00")
    assert capacity == (
        "departure.capacity_changed",
        closed[1] | {"capacity": 20, "before": {"capacity": 12}},
    )
    assert shop.told_by(change.format("is_edited = true, is_kept = true")) == []
    assert shop.told_by(change.format("capacity = capacity")) == []


def test_a_departure_opens_and_closes_with_the_end_of_its_sale(shop: Shop) -> None:
    change = f"UPDATE catalog_departure SET booking_cutoff_at = {{}} WHERE id = ({DEPARTURE})"
    over, ahead = change.format("now() - interval '1 hour'"), change.format("starts_at")

    assert names(shop.told_by(over)) == ["departure.closed"]
    assert shop.told_by(change.format("now() - interval '2 hours'")) == []
    assert names(shop.told_by(ahead)) == ["departure.opened"]
    assert shop.told_by(change.format("starts_at - interval '1 hour'")) == []


def test_reservations_tell_only_of_the_last_place(shop: Shop) -> None:
    change = f"UPDATE catalog_departure SET reserved = {{}} WHERE id = ({DEPARTURE})"

    assert shop.told_by(change.format("capacity - 1"), role="edge") == []
    assert names(shop.told_by(change.format("capacity"), role="edge")) == ["departure.sold_out"]
    assert names(shop.told_by(change.format("0"), role="edge")) == ["departure.available_again"]


def test_what_is_past_or_closed_is_not_available_again(shop: Shop) -> None:
    fill = f"UPDATE catalog_departure SET reserved = capacity WHERE id = ({DEPARTURE})"
    close = f"UPDATE catalog_departure SET is_open = false WHERE id = ({DEPARTURE})"
    free = f"UPDATE catalog_departure SET reserved = 0 WHERE id = ({DEPARTURE})"

    assert names(shop.told_by(fill, close, free)) == ["departure.sold_out", "departure.closed"]
    assert names(
        shop.told_by(
            "UPDATE catalog_departure SET is_open = true, starts_at = now() - interval '2 hours',"
            f" ends_at = now() - interval '1 hour' WHERE id = ({DEPARTURE})",
            "UPDATE catalog_departure SET is_open = false WHERE ends_at < now()",
        )
    ) == ["departure.moved", "departure.opened"]


def test_departures_that_come_or_go_are_told_once_for_an_option(shop: Shop) -> None:
    removed = shop.told_by(
        f"DELETE FROM catalog_departure WHERE option_id = ({OPTION})"
        " AND local_date >= current_date + 300"
    )
    added = shop.told_by(
        "INSERT INTO catalog_departure (option_id, availability_id, local_date, start_time,"
        "       starts_at, ends_at, cutoffs_count_from, booking_cutoff_at, opening_hours, reserved,"
        "       is_open, is_edited)"
        f" SELECT ({OPTION}), 'extra ' || day, day, '10:00', day + time '10:00',"
        "       day + time '11:00', day, day, '[]', 0, true, false"
        "   FROM (SELECT current_date + 700 + number AS day"
        "           FROM generate_series(0, 2) AS number) AS days"
    )

    ((kind, gone),) = removed
    assert (kind, gone["departures"] >= 100) == ("product.departures_removed", True)
    ((kind, more),) = added
    assert (kind, more["departures"], more["optionId"]) == (
        "product.departures_added",
        3,
        "DEFAULT",
    )
    assert more["localDateStart"] < more["localDateEnd"]


def test_a_cancelled_departure_says_where_its_guests_go(shop: Shop) -> None:
    disrupt = """
    WITH disruption AS (
         INSERT INTO disruptions_disruption (kind, refund, reason, message, title, started_at)
         VALUES ('{kind}', 'FULL', '', '', 'Storm', now()) RETURNING id)
    INSERT INTO disruptions_disrupteddeparture (disruption_id, departure_id, target_id)
    SELECT id, ({departure}), {target} FROM disruption
    """
    target = f"({DEPARTURE.replace('LIMIT 1', 'OFFSET 1 LIMIT 1')})"

    (cancelled,) = shop.told_by(
        disrupt.format(kind="CANCEL", departure=DEPARTURE, target="NULL::bigint")
    )
    (moved,) = shop.told_by(disrupt.format(kind="MOVE", departure=DEPARTURE, target=target))

    assert cancelled[0] == moved[0] == "departure.cancelled"
    assert "guestsMoveTo" not in cancelled[1]
    assert moved[1]["guestsMoveTo"] == shop.value(
        f"SELECT availability_id FROM catalog_departure WHERE id = {target}"
    )


def test_a_product_is_told_of_once_in_a_transaction(shop: Shop) -> None:
    rename = f"UPDATE catalog_product SET internal_name = internal_name || '!' WHERE id = ({KAYAK})"
    rename_option = f"UPDATE catalog_option SET internal_name = 'x' WHERE id = ({OPTION})"
    price = f"UPDATE catalog_price SET retail_minor = retail_minor - 1 WHERE option_id = ({OPTION})"

    assert shop.told_by(rename, rename_option, rename) == [
        ("product.updated", {"productId": "river-kayak"})
    ]
    assert names(shop.told_by(price)) == ["price.changed"]
    assert names(shop.told_by(price, rename)) == ["price.changed", "product.updated"]
    assert names(
        shop.told_by(f"UPDATE catalog_product SET tax_basis_points = 50 WHERE id = ({KAYAK})")
    ) == ["product.updated", "price.changed"]


def test_a_product_is_told_of_whatever_the_transactions_of_another_cluster_were(
    shop: Shop,
) -> None:
    """As after a dump was restored: an event of weeks ago may have the id of this transaction."""
    rename = f"UPDATE catalog_product SET internal_name = internal_name || '!' WHERE id = ({KAYAK})"
    restored = (
        "INSERT INTO events_event (position, type, product_id, data)"
        f" VALUES (1000000, 'product.updated', ({KAYAK}), '{{}}')"
    )

    assert names(shop.told_by(restored, rename)) == ["product.updated", "product.updated"]


def test_new_start_times_change_the_product(shop: Shop) -> None:
    """They are its availabilityLocalStartTimes; departures may come or go without them."""
    start = f"UPDATE catalog_schedule SET start_times = {{}} WHERE option_id = ({OPTION})"
    rest = f"UPDATE catalog_schedule SET is_active = {{}} WHERE option_id = ({OPTION})"
    unlink = f"UPDATE catalog_departure SET schedule_id = NULL WHERE option_id = ({OPTION})"
    remove = f"DELETE FROM catalog_schedule WHERE option_id = ({OPTION})"
    changed = ["product.updated"]

    assert names(shop.told_by(start.format("start_times || '17:30'::time"))) == changed
    assert shop.told_by(start.format("start_times")) == []
    season = start.replace("start_times = {}", "season_end = current_date + 600")
    assert names(shop.told_by(season)) == changed
    assert names(shop.told_by(rest.format("false"))) == changed
    assert shop.told_by(start.format("start_times || '18:30'::time")) == []
    assert names(shop.told_by(rest.format("true"))) == changed
    assert names(shop.told_by(unlink, remove)) == changed


def test_what_only_staff_see_of_a_product_is_not_told(shop: Shop) -> None:
    assert shop.told_by(f"UPDATE catalog_product SET place = 'Pier 3' WHERE id = ({KAYAK})") == []
    assert shop.told_by("UPDATE catalog_option SET followed_zone_rules = 'other'") == []
    assert shop.told_by("UPDATE catalog_schedule SET booking_cutoff_minutes = 30") == []


def test_a_product_goes_off_sale_and_comes_back(shop: Shop) -> None:
    change = f"UPDATE catalog_product SET is_active = {{}} WHERE id = ({KAYAK})"

    assert names(shop.told_by(change.format("false"))) == ["product.removed"]
    assert names(shop.told_by(change.format("true"))) == ["product.added"]


def test_terms_are_told_to_their_partner_only(shop: Shop) -> None:
    of_rival = f"partner_id = ({RIVAL}) AND product_id = ({KAYAK})"
    change = "UPDATE catalog_partnerterms SET commission_basis_points = {} WHERE " + of_rival

    assert names(shop.told_by(change.format("1500"))) == ["price.changed"]
    assert shop.told_by(change.format("1500")) == []
    assert names(shop.told_by(f"DELETE FROM catalog_partnerterms WHERE {of_rival}")) == [
        "product.removed"
    ]
    assert names(
        shop.told_by(
            "INSERT INTO catalog_partnerterms (partner_id, product_id, commission_basis_points)"
            f" VALUES (({RIVAL}), ({KAYAK}), 1000)"
        )
    ) == ["product.added"]
    told_to = shop.value(
        "SELECT array_agg(DISTINCT partner_id) FROM (SELECT partner_id FROM events_event"
        " WHERE product_id IS NOT NULL ORDER BY id DESC LIMIT 3) AS latest"
    )
    assert told_to == [shop.value(RIVAL)]


def test_a_key_is_told_of_from_its_issue_to_its_end(shop: Shop) -> None:
    change = f"UPDATE partners_apikey SET {{}} WHERE partner_id = ({RIVAL})"

    assert shop.value(
        "SELECT count(*) FROM events_event AS event JOIN partners_apikey AS key"
        "    ON key.id = event.api_key_id AND key.partner_id = event.partner_id"
        "   AND key.is_test = event.test_mode AND key.prefix = event.data ->> 'prefix'"
        " WHERE event.type = 'key.issued'"
    ) == shop.value("SELECT count(*) FROM partners_apikey")
    assert shop.told_by(change.format("label = 'other'")) == []
    assert names(shop.told_by(change.format("expires_at = now()"))) == ["key.changed"]
    assert names(shop.told_by(change.format("revoked_at = now()"))) == ["key.revoked"]
    successor = f"(SELECT id FROM partners_apikey WHERE partner_id <> ({RIVAL}) LIMIT 1)"
    assert names(shop.told_by(change.format(f"replaced_by_id = {successor}"))) == ["key.replaced"]


def test_every_type_that_a_trigger_writes_is_known(shop: Shop) -> None:
    stored = shop.value("SELECT array_agg(DISTINCT type::text) FROM events_event")

    assert {kind for kind in EventType if kind.subject != "booking"} == set(map(EventType, stored))
