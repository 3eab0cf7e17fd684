"""What has to be added by hand, because existing files are never changed."""

from core_site.rollout.scaffolding.facts import Facts
from core_site.rollout.scaffolding.naming import class_name
from core_site.rollout.scaffolding.writing.endpoint import Place


def lines_by_hand(facts: Facts, place: Place, *, module: str) -> str:
    """Return the lines to add, file by file; ``module`` is the endpoint's in ``api_edge/v1``."""
    names = facts.names
    steps = [
        ("api_edge/app.py", f"from api_edge.v1 import {module}\n*{module}.router.routes,"),
        (
            "api_edge/documentation.py, in TAGS",
            f'{{"name": "{names.tag}", "description": "…"}},',
        ),
    ]
    if place.domain is not None:
        steps.append(("api_edge/wiring.py", _wiring(facts)))
        steps.append(
            (
                f"api_edge/v1/{module}.py, instead of _store",
                f"from api_edge.wiring import {_alias(facts)}",
            )
        )
    if place.domain is not None and place.domain.count(".") > 1:
        exported = f"from {place.domain} import {names.operation}"
        steps.append((f"shared_domain/{names.feature}/__init__.py", exported))
    refusals = "the status of each new refusal, in each table"
    steps.append(("api_edge/{octo,v1}/problems.py and core_site/partner_api/problems.py", refusals))
    return "\n\n".join(f"{where}:\n{_indented(text)}" for where, text in steps)


def _wiring(facts: Facts) -> str:
    """Return the dependency that hands the endpoint its store.

    It must come from ``read_database`` or ``write_transaction``: only these know of a dry run.
    """
    feature = facts.names.feature
    store = f"Sql{class_name(feature)}"
    imported = f"from shared_domain.{feature}.sql_store import {store}\n\n"
    if facts.is_read:
        return imported + (
            f"async def reading_{feature}(request: Request) -> {store}:\n"
            f"    return {store}(read_database(request))\n\n"
            f"{_alias(facts)} = Annotated[{store}, Depends(reading_{feature})]"
        )
    return imported + (
        f"async def writing_{feature}(request: Request) -> AsyncIterator[{store}]:\n"
        "    async with write_transaction(request) as transaction:\n"
        f"        yield {store}(transaction)\n\n"
        f'{_alias(facts)} = Annotated[{store}, Depends(writing_{feature}, scope="function")]'
    )


def _alias(facts: Facts) -> str:
    return f"{class_name(facts.names.feature)}To{'Read' if facts.is_read else 'Write'}"


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" if line else "" for line in text.splitlines())
