"""Services of the catalogue: the products that a partner may sell, and the supplier."""

from typing import Protocol

from shared_domain.catalog.errors import ProductNotFound
from shared_domain.catalog.model import Product, Supplier
from shared_domain.partners import Access, PartnerId


class CatalogStore(Protocol):
    """The store of products that these services need; ``sql_store`` implements it."""

    async def supplier(self) -> Supplier: ...

    async def visible_products(self, partner_id: PartnerId) -> list[Product]: ...

    async def visible_product(self, code: str, partner_id: PartnerId) -> Product | None: ...


async def get_supplier(*, store: CatalogStore) -> Supplier:
    """Return the company that runs this installation."""
    return await store.supplier()


async def list_products(*, access: Access, store: CatalogStore) -> list[Product]:
    """Return every active product that the partner has terms for, by code.

    Live and test sell the same products.
    """
    return await store.visible_products(access.partner_id)


async def get_product(code: str, *, access: Access, store: CatalogStore) -> Product:
    """Return one product of the partner's.

    Raises:
        ProductNotFound: no such product, or not one of this partner's.
    """
    product = await store.visible_product(code, access.partner_id)
    if product is None:
        raise ProductNotFound(code)
    return product
