"""The admin's shop, desk and staff user, for its first page."""

from tests.admin.conftest import desk, rosa, shop

__all__ = ["desk", "rosa", "shop"]
