"""Write the places at which the demo's products start, for the weather of the outdoor ones."""

from core_site.catalog.models import Product
from core_site.weather.models import ProductLocation

#: Latitude and longitude of the places in ``products.toml``.
PLACES = {
    "Alfama": (38.7118, -9.1300),
    "Belém": (38.6972, -9.2064),
    "Doca de Santo Amaro": (38.6993, -9.1783),
    "Ponta Delgada": (37.7394, -25.6687),
    "Porto": (41.1408, -8.6132),
    "Rossio": (38.7139, -9.1394),
    "Tokyo": (35.7270, 139.7660),
    "Xabregas": (38.7247, -9.1136),
}

#: Products that no weather spoils.
INDOORS = {"ajuda-palace", "tile-museum-day", "pastel-baking-class", "wagashi-class"}


def load_locations() -> None:
    """Write latitude and longitude of every product whose place is in ``PLACES``."""
    ProductLocation.objects.bulk_create(
        ProductLocation(
            product=product,
            latitude=PLACES[product.place][0],
            longitude=PLACES[product.place][1],
            is_outdoors=product.code not in INDOORS,
        )
        for product in Product.objects.filter(place__in=PLACES)
    )
