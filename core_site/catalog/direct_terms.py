"""Terms of direct partners: the supplier sells every product itself, at the retail price."""

from collections.abc import Iterable

from django.db import connection, transaction

from core_site.catalog.models import PartnerTerms, Product
from core_site.partners.models import Partner
from core_site.postgresql.locks import LOCK_NAME_UNTIL_COMMIT
from shared_domain.partners import PartnerKind


def sell_all_products(partner: Partner) -> None:
    """Give a new direct partner terms for every product; staff may delete some afterwards."""
    _add_terms([partner], Product.objects.order_by("id"))


def sell_directly(product: Product) -> None:
    """Give every direct partner terms for a new product."""
    _add_terms(Partner.objects.filter(kind=PartnerKind.DIRECT.value).order_by("id"), [product])


@transaction.atomic
def _add_terms(partners: Iterable[Partner], products: Iterable[Product]) -> None:
    # A product and a partner that are added at one moment would not see each other.
    with connection.cursor() as cursor:
        cursor.execute(LOCK_NAME_UNTIL_COMMIT, ["terms of direct partners", 0])
    PartnerTerms.objects.bulk_create(
        [
            PartnerTerms(partner=partner, product=product, commission_basis_points=0)
            for product in products
            for partner in partners
        ],
        ignore_conflicts=True,
    )
