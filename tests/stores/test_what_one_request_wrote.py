"""Every row that a request writes is recorded when the edge asks for it, whatever wrote it."""

import base64
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import pytest
from django.contrib.auth.models import User as Staff
from django.db import connection, transaction
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone

from api_edge.rollout.effects import parse_effects
from core_site import stores
from core_site.events.models import Event
from core_site.partners.models import Partner
from core_site.rollout.effects import RecordedEffects, create_triggers, record_effects
from core_site.rollout.middleware import DjangoCallRecorder
from shared_domain import users
from shared_domain.rollout import Effect
from shared_domain.rollout.wire import Purpose, token
from shared_domain.run_now import run_now
from tests.admin.forms import save
from tests.harness.data import live
from tests.harness.databases import PARITY_KEY
from tests.harness.responses import ClientResponse

pytestmark = pytest.mark.django_db

ASKED = {"HTTP_X_PORTICO_EFFECTS": f"{token(Purpose.EFFECTS, PARITY_KEY)} no%20request"}


@pytest.fixture(autouse=True)
def _shared_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTICO_PARITY_KEY", PARITY_KEY)


@pytest.fixture
def partner() -> Partner:
    return Partner.objects.create(code="alpine", name="Alpine", email="it@alpine.example")


@contextmanager
def recorded() -> Iterator[RecordedEffects]:
    with record_effects(RequestFactory().post("/", **ASKED)) as effects:
        assert effects is not None
        yield effects


def told(effects: RecordedEffects) -> list[Effect]:
    return list(parse_effects(effects.lines) or ())


def make_user(partner: Partner, *, age: int = 30) -> users.User:
    return run_now(
        users.create_user(
            email=f"{uuid4()}@example.com",
            age=age,
            access=live(partner.pk),
            now=timezone.now(),
            store=stores.users(),
        )
    )


def test_a_row_is_told_with_the_columns_that_the_history_leaves_out(partner: Partner) -> None:
    with recorded() as effects, transaction.atomic():
        user = make_user(partner, age=41)

    (row,) = [effect.row for effect in told(effects) if effect.table == "users_user"]
    assert row is not None
    assert (row["id"], row["age"], row["email"]) == (str(user.id), 41, user.email)


def test_events_and_rows_without_a_history_are_told(partner: Partner) -> None:
    with recorded() as effects:
        Event.objects.create(
            partner=partner, test_mode=False, type="booking.reserved", booking_uuid=uuid4()
        )
        Staff.objects.create(username="ada")
        Staff.objects.filter(username="ada").update(first_name="Ada")
        Staff.objects.filter(username="ada").update(first_name="Ada")
        Staff.objects.all().delete()

    assert [(effect.table, effect.action) for effect in told(effects)] == [
        ("events_event", "insert"),
        ("auth_user", "insert"),
        ("auth_user", "update"),
        ("auth_user", "delete"),
    ]


def test_a_row_is_told_whatever_breaks_its_lines() -> None:
    notes = "one\u2028two\x85three\x0bfour\nfive"
    with recorded() as effects:
        Staff.objects.create(username="ada", first_name=notes)

    assert [effect.row["first_name"] for effect in told(effects) if effect.row] == [notes]


def test_what_was_rolled_back_is_not_told(partner: Partner) -> None:
    def fail() -> None:
        with transaction.atomic():
            make_user(partner)
            raise ZeroDivisionError

    with recorded() as effects, transaction.atomic():
        kept = make_user(partner)
        with pytest.raises(ZeroDivisionError):
            fail()

    assert [effect.row["id"] for effect in told(effects) if effect.row] == [str(kept.id)]


def test_nothing_is_recorded_for_the_next_request(partner: Partner) -> None:
    with recorded():
        make_user(partner)
    make_user(partner)
    with recorded() as effects:
        pass

    assert effects.lines == ""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_settings WHERE name ~ '^portico' AND setting <> ''")
        assert cursor.fetchone() == (0,)


def test_a_view_that_resets_its_session_has_told_nothing(partner: Partner) -> None:
    with recorded() as effects:
        make_user(partner)
        with connection.cursor() as cursor:
            cursor.execute("RESET ALL")

    assert effects.as_header() is None


def test_who_acted_is_told_and_no_secret(partner: Partner, client: Client) -> None:
    client.force_login(Staff.objects.create_superuser("ada", password="not used"))
    client.defaults |= ASKED

    path = reverse("admin:partners_partner_change", args=[partner.pk])
    changed = save(client, path, max_hold_minutes="60")

    effects = parse_effects(_lines_of(changed))
    rows = {effect.table: effect.row for effect in effects or ()}
    assert rows["partners_partner"] is not None
    assert rows["partners_partner"]["max_hold_minutes"] == 60
    assert rows["pghistory_context"] == {"metadata": {"user": Staff.objects.get().pk}}


@pytest.mark.parametrize(
    "asked", ["", "1 role", PARITY_KEY, f"{token(Purpose.EFFECTS, 'other')} role"]
)
def test_without_the_key_nothing_is_told(partner: Partner, asked: str) -> None:
    def view(_: object) -> ClientResponse:
        make_user(partner)
        return ClientResponse()

    request = RequestFactory().post("/", HTTP_X_PORTICO_EFFECTS=asked)
    request.resolver_match = None

    assert "X-Portico-Effects" not in DjangoCallRecorder(view)(request)


def test_a_new_table_has_its_trigger_after_migrate() -> None:
    with connection.cursor() as cursor:
        cursor.execute('CREATE TABLE "Odd table" (id int, document json)')
        create_triggers(using="default", plan=[])
        create_triggers(using="default", plan=[])
        with recorded() as effects:
            cursor.execute("""INSERT INTO "Odd table" VALUES (1, '{"a": 1}')""")
            cursor.execute('UPDATE "Odd table" SET document = document')
            cursor.execute('UPDATE "Odd table" SET id = 2')
            cursor.execute('TRUNCATE "Odd table"')
        cursor.execute('DROP TABLE "Odd table"')

    actions = [(effect.table, effect.action) for effect in told(effects)]
    assert actions == [("Odd table", action) for action in ("insert", "update", "truncate")]


def test_partitions_tell_their_rows_as_well() -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE days (day int, note text) PARTITION BY RANGE (day)")
        cursor.execute("CREATE TABLE early PARTITION OF days FOR VALUES FROM (0) TO (9)")
        create_triggers(using="default", plan=[])
        cursor.execute("CREATE TABLE late PARTITION OF days FOR VALUES FROM (9) TO (99)")
        with recorded() as effects:
            cursor.execute("INSERT INTO days VALUES (1, 'a'), (10, 'b')")
            cursor.execute("INSERT INTO late VALUES (11, 'c')")
            cursor.execute("UPDATE days SET day = 12 WHERE day = 1")

    assert [(effect.table, effect.action) for effect in told(effects)] == [
        ("early", "insert"),
        ("late", "insert"),
        ("late", "insert"),
        ("early", "delete"),
        ("late", "insert"),
    ]


def _lines_of(response: ClientResponse) -> str:
    return zlib.decompress(base64.b64decode(response["X-Portico-Effects"])).decode()
