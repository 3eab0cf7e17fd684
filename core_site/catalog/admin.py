"""Imports the admin modules of the catalogue: Django's autodiscovery loads only this module."""

from core_site.catalog import admin_departures, admin_options, admin_products

__all__ = ["admin_departures", "admin_options", "admin_products"]
