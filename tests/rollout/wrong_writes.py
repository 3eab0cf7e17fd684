"""The writes of the wrong edge: what they answer, store and hold on to."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Annotated
from uuid import uuid4

from fastapi import Header
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response

from api_edge.auth.authentication import CallerWithUsersWrite
from api_edge.postgresql.database import Pool
from api_edge.rollout.edge_endpoints import parity_rules
from api_edge.v1 import users as right
from api_edge.v1.django_differences import REST_FRAMEWORKS_WORDS
from api_edge.v1.route import v1_router
from api_edge.v1.user_schemas import ChangedUser, NewUser
from api_edge.wiring import WriteUsers, current_time
from shared_domain import users
from shared_domain.partners import PartnerId
from tests.rollout.odd_outbox import OUTBOX
from tests.rollout.ways_out import take
from tests.rollout.wrong_edge import WayOut, Wrong, answer, be_slow, shown

router = v1_router("Wrong")

HOUR = timedelta(hours=1)

OTHER_ACTOR = """
    SELECT set_config(name, jsonb_set(current_setting(name)::jsonb, '{api_key}', '4711')::text,
                      true)
      FROM (VALUES ('pghistory.context_metadata')) AS context (name)
"""

#: The row is wrong and the answer right.
ROWS: dict[str, Callable[[users.User], users.User]] = {
    "row of a test": lambda user: replace(user, test_mode=not user.test_mode),
    "row an hour early": lambda user: replace(user, created_at=user.created_at - HOUR),
    "row saved before it was made": lambda user: replace(user, updated_at=user.updated_at - HOUR),
    "row with a blank": lambda user: replace(user, email=f"{user.email} "),
}

#: What is done beside the right row.
BESIDE = {
    "touches the row": "UPDATE users_user SET age = age WHERE id = %(id)s",
    "makes a row twice as old": "UPDATE users_user SET age = 2 * age WHERE id = %(id)s",
}

#: What a dry run may try in vain: each would outlast it, if it could.
OUTLASTING = {
    "notifies": "SELECT pg_notify('portico_api_key', '*')",
    "locks": "SELECT pg_advisory_lock(4711)",
    "commits": "COMMIT",
    "ends": "  end",
    "prepares": "PREPARE TRANSACTION 'mine'",
    "sets": "SELECT set_config('statement_timeout', '1', false)",
    "makes a table": "CREATE TEMPORARY TABLE mine (a int)",
    "listens": "LISTEN mine",
    "sleeps in SQL": "SELECT pg_sleep(1.7)",
    "waits for a row": "SELECT FROM users_user ORDER BY id FOR UPDATE",
    "owes a partner": (
        "INSERT INTO users_user (id, partner_id, email, age, created_at, updated_at)"
        " VALUES (gen_random_uuid(), 987654321, 'unknown@example.com', 1, now(), now())"
    ),
}


@router.post("/users", status_code=201)
@parity_rules(REST_FRAMEWORKS_WORDS)
async def create_user(
    request: Request,
    new: NewUser,
    caller: CallerWithUsersWrite,
    store: WriteUsers,
    wrong: Wrong = "",
    way: WayOut = "",
    port: Annotated[str, Header(alias="X-Port")] = "",
) -> Response:
    if way:
        await take(way, request.app, port)
    now, age = current_time(), new.age
    is_tried = "dry_run_transaction" in request.scope["state"]
    if wrong == "row off by one" or (wrong == "row off by one for callers" and not is_tried):
        age += 1
    email = f"x{new.email}" if wrong == "column without history" else new.email
    user = users.User(
        id=users.UserId(uuid4()),
        partner_id=caller.partner_id,
        test_mode=caller.test_mode,
        email=new.email.lower() if wrong == "small letters" else new.email,
        age=new.age,
        created_at=now,
        updated_at=now,
    )
    if wrong == "other actor":
        await store._database.fetch_all(OTHER_ACTOR, {})
    if wrong in BESIDE:
        await store.insert(user)
        await store._database.execute(BESIDE[wrong], {"id": user.id})
    elif wrong in ROWS:
        await store.insert(ROWS[wrong](user))
    elif wrong == "row of another":
        await store.insert(replace(user, partner_id=PartnerId(caller.partner_id + 1)))
    elif wrong not in ("missing row", "takes what is taken") and not await store.insert(
        replace(user, age=age, email=email)
    ):
        raise users.EmailTaken
    if wrong == "refuses":
        raise users.EmailTaken
    if wrong == "extra row":
        await store.insert(replace(user, id=users.UserId(uuid4()), email=f"x{user.email}"))
    if wrong == "changed again":
        await store.save(replace(user, updated_at=now + timedelta(seconds=30)))
    if wrong == "breaks":
        await store._database.execute(
            "INSERT INTO users_user SELECT * FROM users_user WHERE email = %(email)s",
            {"email": user.email},
        )
    if wrong == "event without a row":
        told = {"partner_id": caller.partner_id, "type": "user.made", "of": uuid4()}
        await store._database.execute(OUTBOX, told)
    if wrong == "counter without history":
        await store._database.execute(
            "UPDATE catalog_departure SET reserved = reserved + 1 WHERE id ="
            " (SELECT min(id) FROM catalog_departure)",
            {},
        )
    if wrong in OUTLASTING:
        await store._database.fetch_all(OUTLASTING[wrong], {})
    await be_slow(wrong)
    places = {"other place": f"/v1/user/{user.id}", "place of another": f"/v1/users/{uuid4()}"}
    where = places.get(wrong, f"/v1/users/{user.id}")
    said = answer(shown(user), wrong, 201, Location=where)
    if wrong == "goes on":
        said.background = BackgroundTask(_go_on, request.app.state.pool, caller.partner_id)
    return said


async def _go_on(pool: Pool, partner_id: PartnerId) -> None:
    told = {"partner_id": partner_id, "type": "went on", "of": uuid4()}
    async with pool.connection() as connection:
        await connection.execute(OUTBOX, told)


@router.patch("/users/{id}")
@parity_rules(REST_FRAMEWORKS_WORDS)
async def update_user(
    id: right.UserId,
    changed: ChangedUser,
    caller: CallerWithUsersWrite,
    store: WriteUsers,
    wrong: Wrong = "",
) -> Response:
    user = await users.update_user(
        users.parse_user_id(id),
        users.UserChange(email=changed.email, age=changed.age),
        access=caller.access,
        now=current_time(),
        store=store,
    )
    if wrong == "touches another":
        await store._database.execute(
            "UPDATE users_user SET age = age, updated_at = now() WHERE id IN"
            " (SELECT id FROM users_user WHERE id <> %(id)s LIMIT 1)",
            {"id": user.id},
        )
    await be_slow(wrong)
    return answer(shown(user), wrong)


@router.post("/orders", status_code=201)
@parity_rules(REST_FRAMEWORKS_WORDS)
async def order(
    new: NewUser,
    caller: CallerWithUsersWrite,
    store: WriteUsers,
    wrong: Wrong = "",
) -> Response:
    user = await users.create_user(
        email=new.email,
        age=new.age,
        access=caller.access,
        now=current_time(),
        store=store,
    )
    kinds = {
        "missing event": ["order.made"],
        "extra event": ["order.made", "order.paid", "order.sent"],
        "other event": ["order.made", "order.part"],
        "events in another order": ["order.paid", "order.made"],
    }
    for kind in kinds.get(wrong, ["order.made", "order.paid"]):
        of = uuid4() if wrong == "event of another" else user.id
        told = {"partner_id": caller.partner_id, "type": kind, "of": of}
        await store._database.execute(OUTBOX, told)
    return answer({"ordered": user.age}, wrong, 201)
