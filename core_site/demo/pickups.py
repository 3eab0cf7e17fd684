"""Pick-up places of the demo: hotels at which a minibus fetches guests, each at its own time."""

#: The trips that begin at the guests' hotels.
_FETCHED = frozenset({"sintra-day-trip"})

_STOPS = (
    ("08:05", "Hotel Avenida Park, Avenida Sidónio Pais 6"),
    ("08:15", "Hotel do Chiado, Rua Nova do Almada 114"),
    ("08:25", "Pensão Londres, Rua Dom Pedro V 53"),
)


def choose_pickup(product_code: str, number: int) -> dict[str, str]:
    """Return the pick-up place and time of a booking by its number; empty for every fifth one."""
    if product_code not in _FETCHED or number % 5 == 0:
        return {}
    time, hotel = _STOPS[number % len(_STOPS)]
    return {"pickup_hotel": hotel, "pickup_time": time}
