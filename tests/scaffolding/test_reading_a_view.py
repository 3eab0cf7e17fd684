"""The code of a view tells its service, status, caller and path; the names follow from the path."""

import pytest

from core_site.rollout.scaffolding.naming import attribute_of, names_of, needs_alias, singular
from tests.scaffolding.conftest import Generated


@pytest.mark.parametrize(
    ("endpoint", "operation"),
    [
        ("GET /v1/boats", "list_boats"),
        ("GET /v1/boats/{pk}", "get_boat"),
        ("POST /v1/boats", "create_boat"),
        ("PUT /v1/boats/{pk}", "replace_boat"),
        ("PATCH /v1/boats/{pk}", "change_boat"),
        ("DELETE /v1/boats/{pk}", "delete_boat"),
        ("POST /v1/boats/{pk}/launch", "launch_boat"),
        ("GET /v1/boats/{pk}/trips", "list_boat_trips"),
        ("POST /v1/boats/{pk}/trips", "create_boat_trip"),
        ("GET /v1/price-lists/{a}/entries/{b}", "get_price_list_entry"),
        ("GET /v1/status", "get_status"),
        ("GET /v1/2026/boats.{format}", "list_n2026_boats"),
    ],
)
def test_an_operation_is_named_after_method_and_path(endpoint: str, operation: str) -> None:
    assert names_of(*endpoint.split(), prefix="/v1/").operation == operation


@pytest.mark.parametrize(
    ("plural", "one"),
    [("boats", "boat"), ("entries", "entry"), ("boxes", "box"), ("status", "status"), ("me", "me")],
)
def test_the_singular(plural: str, one: str) -> None:
    assert singular(plural) == one


@pytest.mark.parametrize(
    ("key", "attribute", "has_alias"),
    [
        ("owedMinor", "owed_minor", False),
        ("id", "id", False),
        ("created_at", "created_at", True),
        ("date", "date_", True),
        ("class", "class_", True),
        ("schema", "schema_", True),
        ("2fa", "n2fa", True),
        ("x-y", "x_y", True),
        ("$ref", "ref", True),
        ("line1", "line1", False),
    ],
)
def test_a_key_becomes_an_attribute(key: str, attribute: str, has_alias: bool) -> None:
    assert (attribute_of(key), needs_alias(key)) == (attribute, has_alias)


@pytest.mark.parametrize(
    ("module", "lines"),
    [
        (
            "statements",
            [
                '"/statements/{month}"',
                "    month: Annotated[str, Path()],",
                "    asked: Annotated[FormatParameters, Query()],",
                "    caller: CallerWithBookingsRead,",
                ") -> Statement:",
                "responses=problem_responses(scope=Scope.BOOKINGS_READ, example=NOT_A_PARAMETER)",
            ],
        ),
        (
            "create_user",
            [
                "status_code=201",
                "dependencies=WITHOUT_PARAMETERS",
                "async def create_user(new: NewUser, caller: CallerWithUsersWrite) -> User:",
                # The view runs a service already: the endpoint is to await the same one.
                "write create_user as core_site.partner_api.users.UserList.post is: await "
                "users.create_user(email=new['email'], age=new['age'], "
                "access=caller.access, now=current_time(), store=store)",
            ],
        ),
        ("boats", ["caller: CallerWithBookingsWrite", "BoatsToWrite", "return _boat(found)"]),
        ("list_boats", ["caller: CallerWithCatalogRead", ") -> BoatPage:"]),
        ("get_boat", ['"/boats/{pk:uuid}"', "pk: Annotated[UUID, Path()]"]),
        ("delete_boat", ["status_code=204", ") -> None:", "Depends(authenticate)"]),
        ("launch_boat", ['"/boats/{pk:int}/launch"', "status_code=204", "new: Annotated[Any, B"]),
        ("guests", [") -> list[Guest]:", "return [_guest(it) for it in found]"]),
        ("create_trip", ["status_code=201", "new: NewTrip", ") -> Trip:"]),
        ("weather", [") -> Any:"]),
    ],
)
def test_an_endpoint_is_like_its_view(generated: Generated, module: str, lines: list[str]) -> None:
    text = generated.text(f"api_edge/v1/{module}.py")

    for line in lines:
        assert line in text.replace('"\n        "', "")


def test_a_feature_with_services_gets_no_service(generated: Generated) -> None:
    for endpoint in ("GET /v1/statements/{month}", "POST /v1/users"):
        written = generated.drafts[endpoint].files

        assert not any(str(it.path).startswith("shared_domain") for it in written)


def test_a_model_serializer_tells_the_type_of_its_columns(generated: Generated) -> None:
    schemas = generated.text("api_edge/v1/guests_schemas.py")

    assert "    id: UUID\n    partner: int\n    email: str\n    age: int\n" in schemas
