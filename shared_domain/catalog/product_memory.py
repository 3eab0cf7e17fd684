"""A cache of products in one process: most requests read only a product's revision."""

from dataclasses import replace

from shared_domain.bounded_memory import BoundedMemory
from shared_domain.catalog.model import Option, Product, ProductId
from shared_domain.partners import PartnerId


class ProductMemory(BoundedMemory[tuple[ProductId, PartnerId], Product]):
    """A cache of the products that were loaded last, for one partner each.

    Only its commission, and whether it is sold to it, differ by partner. The options of a revision,
    with their units and prices, are nearly all of a product; they are held once for all partners.
    """

    def __init__(self, *, most: int) -> None:
        super().__init__(most=most)
        self._options: BoundedMemory[ProductId, tuple[int, tuple[Option, ...]]] = BoundedMemory(
            most=most
        )

    def __setitem__(self, key: tuple[ProductId, PartnerId], product: Product) -> None:
        known = self._options.get(product.id)
        if known is not None and known[0] == product.revision:
            product = replace(product, options=known[1])
        else:
            self._options[product.id] = (product.revision, product.options)
        super().__setitem__(key, product)
