"""Imports the admin modules of the catalogue, because Django looks for them here."""

from core_site.catalog import admin_departures, admin_options, admin_products

__all__ = ["admin_departures", "admin_options", "admin_products"]
