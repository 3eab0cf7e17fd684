"""Request and response models of users."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from api_edge.checked_texts import CheckedBy
from api_edge.http.strict_models import ResponseModel, StrictRequestModel, without_default
from shared_domain import contact_data, users

EXAMPLE_ID = "7c9e6679-7425-40de-944b-e07fc1f90ae7"

EXAMPLE_USER: dict[str, Any] = {
    "id": EXAMPLE_ID,
    "email": "clara.duarte@example.com",
    "age": 34,
    "createdAt": "2026-07-01T10:02:41.018233Z",
    "updatedAt": "2026-07-01T10:02:41.018233Z",
}

EXAMPLE_CURSOR = "AAZRcGRKiDl8nmZ5dCVA3pRL4H_B-Qrn"

Email = Annotated[
    str,
    CheckedBy(
        contact_data.normalise_email,
        shortest=contact_data.SHORTEST_EMAIL,
        longest=contact_data.LONGEST_EMAIL,
        format="idn-email",
        takes_blank=False,
    ),
]
Age = Annotated[int, Field(ge=0, le=users.OLDEST_AGE)]


def _page_size(value: object) -> object:
    if isinstance(value, str):
        number = int(value) if value.isascii() and value.isdigit() and len(value) < 4 else 0
        if not 1 <= number <= users.LARGEST_PAGE_SIZE:
            raise PydanticCustomError(
                "range", f"must be a whole number from 1 to {users.LARGEST_PAGE_SIZE}"
            )
        return number
    return value


class ListOfUsers(StrictRequestModel):
    """How many users, and the cursor of the page."""

    limit: Annotated[int, Field(ge=1, le=users.LARGEST_PAGE_SIZE), BeforeValidator(_page_size)] = (
        Field(default=users.DEFAULT_PAGE_SIZE, description="How many users at most.")
    )
    cursor: str | None = Field(
        default=None,
        description="The `nextCursor` of the page before; left out, the list starts at its top.",
        examples=[EXAMPLE_CURSOR],
    )


class NewUser(StrictRequestModel):
    """The data of a new user."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"email": "rui.dias@example.com", "age": 41}]}
    )

    email: Email
    age: Age = Field(
        description="In years, now. Bookings add the full years since it was sent or changed last."
    )


class ChangedUser(StrictRequestModel):
    """Changes to a user; absent fields stay as they are, and null is refused."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"age": 35}]})

    # None stands for absent only: a null in the request is not text and not a number.
    email: Email = Field(default=None, json_schema_extra=without_default)  # type: ignore[assignment]
    age: Age = Field(default=None, json_schema_extra=without_default)  # type: ignore[assignment]


class User(ResponseModel):
    """One of your customers."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE_USER]})

    id: UUID
    email: str = Field(description="Without blanks around it, its domain in small letters.")
    age: int
    created_at: datetime
    updated_at: datetime


class UserList(ResponseModel):
    """A page of your users."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"items": [EXAMPLE_USER], "nextCursor": EXAMPLE_CURSOR}]}
    )

    items: list[User]
    next_cursor: str | None = Field(description="null on the last page.")
