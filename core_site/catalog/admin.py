"""Where Django looks for the catalogue's pages; each is in the module of its subject."""

from core_site.catalog import admin_departures, admin_options, admin_products

__all__ = ["admin_departures", "admin_options", "admin_products"]
