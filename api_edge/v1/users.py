"""Endpoints of users, a partner's own customers: create, change, get, list and delete."""

from typing import Annotated

from fastapi import Path, Query, Response

from api_edge.auth.authentication import CallerWithUsersRead, CallerWithUsersWrite
from api_edge.http.dialects import V1_PREFIX
from api_edge.rollout.edge_endpoints import parity_rules
from api_edge.v1.django_differences import REST_FRAMEWORKS_WORDS
from api_edge.v1.openapi_responses import AGE_IS_TEXT, NOT_A_PARAMETER, problem_responses
from api_edge.v1.route import WITHOUT_PARAMETERS, v1_router
from api_edge.v1.user_schemas import (
    EXAMPLE_ID,
    ChangedUser,
    ListOfUsers,
    NewUser,
    User,
    UserList,
)
from api_edge.wiring import ReadUsers, WriteUsers, current_time
from shared_domain import users
from shared_domain.partners import Scope

router = v1_router("Users")

# Text, not a UUID: what cannot be an id is an unknown id.
UserId = Annotated[
    str,
    Path(description="A user's `id`.", examples=[EXAMPLE_ID], json_schema_extra={"format": "uuid"}),
]

LOCATION = {
    "Location": {
        "description": "Where the user is from now on.",
        "schema": {"type": "string", "examples": [f"{V1_PREFIX}/users/{EXAMPLE_ID}"]},
    }
}


@router.get(
    "/users",
    summary="List users",
    responses=problem_responses(
        users.InvalidCursor(), scope=Scope.USERS_READ, example=NOT_A_PARAMETER
    ),
)
@parity_rules(REST_FRAMEWORKS_WORDS)
async def list_users(
    parameters: Annotated[ListOfUsers, Query()], caller: CallerWithUsersRead, store: ReadUsers
) -> UserList:
    """Return your users, newest first, a page at a time.

    Follow `nextCursor` until it is null. A user created meanwhile neither repeats nor hides others.
    """
    page = await users.list_users(
        access=caller.access, cursor=parameters.cursor, limit=parameters.limit, store=store
    )
    return UserList(
        items=[_user_response(user) for user in page.users], next_cursor=page.next_cursor
    )


@router.post(
    "/users",
    summary="Create a user",
    status_code=201,
    dependencies=WITHOUT_PARAMETERS,
    responses={
        201: {"description": "The user, as stored.", "headers": LOCATION},
        **problem_responses(
            users.EmailTaken(), scope=Scope.USERS_WRITE, example=AGE_IS_TEXT, has_body=True
        ),
    },
)
@parity_rules(REST_FRAMEWORKS_WORDS)
async def create_user(
    new: NewUser, caller: CallerWithUsersWrite, store: WriteUsers, response: Response
) -> User:
    """Create a user. An e-mail address belongs to one of your users only, whatever its capitals.

    Addresses of international mailboxes and domains are accepted. Whether one exists is not
    looked up.
    """
    user = await users.create_user(
        email=new.email,
        age=new.age,
        access=caller.access,
        now=current_time(),
        store=store,
    )
    response.headers["Location"] = f"{V1_PREFIX}/users/{user.id}"
    return _user_response(user)


@router.get(
    "/users/{id}",
    summary="One user",
    dependencies=WITHOUT_PARAMETERS,
    responses=problem_responses(
        users.UserNotFound(), scope=Scope.USERS_READ, example=NOT_A_PARAMETER
    ),
)
@parity_rules(REST_FRAMEWORKS_WORDS)
async def get_user(id: UserId, caller: CallerWithUsersRead, store: ReadUsers) -> User:
    """Return one of your users."""
    user = await users.get_user(users.parse_user_id(id), access=caller.access, store=store)
    return _user_response(user)


@router.patch(
    "/users/{id}",
    summary="Change a user",
    dependencies=WITHOUT_PARAMETERS,
    responses=problem_responses(
        users.UserNotFound(),
        users.EmailTaken(),
        scope=Scope.USERS_WRITE,
        example=AGE_IS_TEXT,
        has_body=True,
    ),
)
@parity_rules(REST_FRAMEWORKS_WORDS)
async def update_user(
    id: UserId, changed: ChangedUser, caller: CallerWithUsersWrite, store: WriteUsers
) -> User:
    """Change the fields that are sent, and leave the rest. Repeating a change has no effect."""
    user = await users.update_user(
        users.parse_user_id(id),
        users.UserChange(email=changed.email, age=changed.age),
        access=caller.access,
        now=current_time(),
        store=store,
    )
    return _user_response(user)


@router.delete(
    "/users/{id}",
    summary="Delete a user",
    status_code=204,
    # A response without content has no Content-Type.
    response_class=Response,
    dependencies=WITHOUT_PARAMETERS,
    responses=problem_responses(
        users.UserNotFound(), scope=Scope.USERS_WRITE, example=NOT_A_PARAMETER, has_key=True
    ),
)
@parity_rules(REST_FRAMEWORKS_WORDS)
async def delete_user(id: UserId, caller: CallerWithUsersWrite, store: WriteUsers) -> None:
    """Delete one of your users with its personal data, for good. Its address is free again.

    Bookings that name the user stay, with their `userId`, times, places and money. The guest's
    contact data and notes on them are erased within the hour, or when travel is over: until then
    the supplier has to reach the guest. Each erasure is an event, `booking.changed`.

    Stored answers to earlier requests about the user are erased: a repeat of one, with its
    `Idempotency-Key`, is told that it was carried out (409).
    """
    await users.delete_user(users.parse_user_id(id), access=caller.access, store=store)


def _user_response(user: users.User) -> User:
    return User(
        id=user.id,
        email=user.email,
        age=user.age,
        created_at=user.created_at,
        updated_at=user.updated_at,
    )
