"""Endpoints of the supplier and of the capabilities that this API implements."""

from fastapi import Request, Response

from api_edge.auth.authentication import CallerWithCatalogRead
from api_edge.http.answer_structs import answer_struct
from api_edge.octo import render_catalog
from api_edge.octo.answers import octo_answer
from api_edge.octo.capabilities import Capabilities
from api_edge.octo.route import octo_router
from api_edge.octo.schemas import catalog as schemas
from api_edge.octo.schemas.errors import error_responses
from api_edge.wiring import ReadCatalog
from shared_domain import catalog
from shared_domain.partners import Scope

router = octo_router("Supplier")

Capability = answer_struct(schemas.Capability)

CAPABILITIES = [
    Capability(
        id="octo/pricing",
        revision=1,
        required=False,
        dependencies=[],
        docs="Prices of products, availability and bookings, in integer minor units.",
    ),
    Capability(
        id="octo/notifications",
        revision=1,
        required=False,
        dependencies=[],
        docs="Subscriptions by which you are told which booking, product or availability to fetch "
        "again.",
    ),
]


@router.get(
    "/supplier",
    summary="Who runs the tours",
    response_model=schemas.Supplier,
    responses=error_responses(scope=Scope.CATALOG_READ),
)
async def get_supplier(
    request: Request, caller: CallerWithCatalogRead, capabilities: Capabilities, store: ReadCatalog
) -> Response:
    """Return the supplier: its name, how to reach it, and the base address of this API."""
    supplier = await catalog.get_supplier(store=store)
    shown = render_catalog.supplier(supplier, public_url=request.app.state.settings.public_url)
    return octo_answer(shown, capabilities)


@router.get(
    "/capabilities",
    summary="What can be asked for in Octo-Capabilities",
    response_model=list[schemas.Capability],
    responses=error_responses(scope=Scope.CATALOG_READ),
)
async def list_capabilities(caller: CallerWithCatalogRead, capabilities: Capabilities) -> Response:
    """Return the capabilities that this API implements. None of them is required."""
    return octo_answer(CAPABILITIES, capabilities)
