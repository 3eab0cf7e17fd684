"""Endpoints of the supplier and of the capabilities that this API implements."""

from fastapi import Request

from api_edge.auth.authentication import CallerWithCatalogRead
from api_edge.octo import render_catalog
from api_edge.octo.capabilities import Capabilities
from api_edge.octo.route import octo_router
from api_edge.octo.schemas.catalog import Capability, Supplier
from api_edge.octo.schemas.errors import error_responses
from api_edge.wiring import ReadCatalog
from shared_domain import catalog
from shared_domain.partners import Scope

router = octo_router("Supplier")

CAPABILITIES = [
    Capability(
        id="octo/pricing",
        revision=1,
        required=False,
        dependencies=[],
        docs="Prices of products, availability and bookings, in integer minor units.",
    )
]


@router.get(
    "/supplier", summary="Who runs the tours", responses=error_responses(scope=Scope.CATALOG_READ)
)
async def get_supplier(
    request: Request, caller: CallerWithCatalogRead, capabilities: Capabilities, store: ReadCatalog
) -> Supplier:
    """Return the supplier: its name, how to reach it, and the base address of this API."""
    supplier = await catalog.get_supplier(store=store)
    return render_catalog.supplier(supplier, public_url=request.app.state.settings.public_url)


@router.get(
    "/capabilities",
    summary="What can be capabilities for in Octo-Capabilities",
    responses=error_responses(scope=Scope.CATALOG_READ),
)
async def list_capabilities(
    caller: CallerWithCatalogRead, capabilities: Capabilities
) -> list[Capability]:
    """Return the capabilities that this API implements. None of them is required."""
    return CAPABILITIES
