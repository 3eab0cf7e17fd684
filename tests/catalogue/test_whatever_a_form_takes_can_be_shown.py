"""Every row that a form or a constraint lets in can be read by every page and answer.

``PORTICO_CATALOGUE_EXAMPLES=500`` searches longer, and elsewhere each time.
"""

import os
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from core_site.catalog.models import Option, PartnerTerms, Price, Product, Schedule, Unit
from tests.catalogue import typed_rows
from tests.catalogue.admin_pages import Stack
from tests.catalogue.typed_rows import Typed

LONGER = os.environ.get("PORTICO_CATALOGUE_EXAMPLES")

SEARCH = settings(
    max_examples=int(LONGER or 3),
    # The normal run is the same every time, so that its verdict can be looked up by commit.
    derandomize=LONGER is None,
    # A failure names its rows at once; the longer search also looks for fewer of them.
    phases=[Phase.explicit, Phase.generate, *([Phase.shrink] if LONGER else [])],
    deadline=None,
    database=None,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
)


def add_option(stack: Stack, product: Product, chosen: Any) -> None:
    option = stack.add(Option, chosen(typed_rows.options), product=product.pk)
    if option is None:
        return
    priced: list[Unit | None] = [None]
    for number in range(chosen(st.sampled_from([1, 2]))):
        typed: Typed = chosen(typed_rows.units) | {"code": f"unit-{number}"}
        unit = stack.add(Unit, typed, option=option.pk)
        if unit is not None:
            priced.append(unit)
    for unit in priced:
        for typed in chosen(st.lists(typed_rows.prices, min_size=1, max_size=2)):
            stack.add(Price, typed, option=option.pk, unit=unit.pk if unit else "")
    for typed in chosen(st.lists(typed_rows.schedules, min_size=1, max_size=2)):
        stack.add(Schedule, typed, option=option.pk)


@SEARCH
@given(data=st.data())
def test_no_page_and_no_answer_breaks(stack: Stack, data: st.DataObject) -> None:
    stack.empty()
    for number in range(data.draw(st.sampled_from([1, 1, 2]))):
        typed = data.draw(typed_rows.products) | {"code": f"product-{number}"}
        product = stack.add(Product, typed)
        if product is None:
            continue
        terms = {"commission_basis_points": data.draw(typed_rows.commissions)}
        stack.add(PartnerTerms, terms, partner=stack.alice, product=product.pk)
        add_option(stack, product, data.draw)

    for change in data.draw(st.lists(typed_rows.by_hand, max_size=2)):
        stack.change_by_hand(change)
    stack.generate()

    stack.look_at_everything()
