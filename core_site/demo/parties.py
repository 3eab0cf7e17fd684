"""Who comes together: plausible parties, of which the domain refuses what it does not allow."""

from random import Random
from uuid import UUID

from core_site.demo.guests import name_only
from core_site.demo.lives import DoesNotFit
from shared_domain.availability import Departure
from shared_domain.bookings import UnitItemRequest
from shared_domain.catalog import Option, Unit


def new_uuid(rng: Random) -> UUID:
    return UUID(int=rng.getrandbits(128), version=4)


def choose_party(option: Option, rng: Random) -> tuple[UnitItemRequest, ...]:
    """Return some people: mostly two adults, sometimes children with them or a family ticket."""
    leading = [unit for unit in option.units if not unit.accompanied_by]
    weights = [6 / (position + 1) ** 1.5 for position in range(len(leading))]
    first = rng.choices(leading, weights)[0]
    many = 1 if first.pax_count > 1 else rng.choices((1, 2, 3, 4, 5), (18, 52, 12, 14, 4))[0]
    party = [first] * max(many, option.min_units)
    for unit in option.units:
        if unit.accompanied_by and first.code in unit.accompanied_by and rng.random() < 0.18:
            party += [unit] * rng.choice((1, 1, 2))
    return _wishes(party, rng)


def choose_to_fill(
    option: Option, departure: Departure, rng: Random
) -> tuple[UnitItemRequest, ...]:
    """Return one to four of the option's first unit, no more than there are places left."""
    first = option.units[0]
    limits = [departure.vacancies, option.max_units, departure.max_units]
    most = min(limit for limit in limits if limit is not None)
    many = min(rng.randint(1, 4), most, (departure.vacancies or 0) // first.pax_count)
    if many < option.min_units:
        raise DoesNotFit
    return _wishes([first] * many, rng)


def _wishes(party: list[Unit], rng: Random) -> tuple[UnitItemRequest, ...]:
    return tuple(
        UnitItemRequest(
            unit_code=unit.code,
            uuid=new_uuid(rng),
            contact=name_only(rng) if unit.required_contact_fields else {},
        )
        for unit in party
    )
