"""Endpoints of products: the list, and one product."""

from typing import Annotated

from fastapi import Path, Response

from api_edge.auth.authentication import CallerWithCatalogRead
from api_edge.http.strict_models import Identifier
from api_edge.octo import render_catalog
from api_edge.octo.answers import octo_answer
from api_edge.octo.capabilities import Capabilities, RequestedCapabilities
from api_edge.octo.render_catalog import Prices
from api_edge.octo.route import octo_router
from api_edge.octo.schemas.catalog import Product
from api_edge.octo.schemas.errors import error_responses
from api_edge.wiring import ReadCatalog, current_time
from shared_domain import catalog
from shared_domain.catalog import ProductNotFound
from shared_domain.partners import Scope

router = octo_router("Products")

ProductCode = Annotated[Identifier, Path(description="A product's `id`.", examples=["river-kayak"])]


@router.get(
    "/products",
    summary="Every product you may sell",
    response_model=list[Product],
    responses=error_responses(scope=Scope.CATALOG_READ),
)
async def list_products(
    caller: CallerWithCatalogRead, capabilities: Capabilities, store: ReadCatalog
) -> Response:
    """Return the whole list of your products, with their options and units."""
    products = await catalog.list_products(access=caller.access, store=store)
    return octo_answer([_shown(product, capabilities) for product in products], capabilities)


@router.get(
    "/products/{id}",
    summary="One product",
    response_model=Product,
    responses=error_responses(ProductNotFound("river-canoe"), scope=Scope.CATALOG_READ),
)
async def get_product(
    id: ProductCode, caller: CallerWithCatalogRead, capabilities: Capabilities, store: ReadCatalog
) -> Response:
    """Return one of your products, with its options and units."""
    product = await catalog.get_product(id, access=caller.access, store=store)
    return octo_answer(_shown(product, capabilities), capabilities)


def _shown(product: catalog.Product, capabilities: RequestedCapabilities) -> object:
    prices = Prices.IN_LIST if capabilities.pricing else Prices.LEFT_OUT
    return render_catalog.encoded_product(product, prices, current_time()).product
