"""The inline of a product's location, a tab of the product's page."""

from core_site.admin_kit.model_admin import TabularInline
from core_site.weather.models import ProductLocation


class LocationInline(TabularInline):
    """At most one row: the location of a product, and whether it is outdoors."""

    model = ProductLocation
    fields = ("latitude", "longitude", "is_outdoors")
    extra = 1
    max_num = 1
    tab = True
