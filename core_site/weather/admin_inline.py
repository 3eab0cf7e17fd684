"""Where a product is, as a tab of its page."""

from core_site.admin_kit.model_admin import TabularInline
from core_site.weather.models import ProductLocation


class LocationInline(TabularInline):
    """At most one row: whether a product is outdoors, and where."""

    model = ProductLocation
    fields = ("latitude", "longitude", "is_outdoors")
    extra = 1
    max_num = 1
    tab = True
