"""The shop, desk and staff users of the admin's tests, on the day of a departure."""

from tests.admin.conftest import desk, rosa, shop

__all__ = ["desk", "rosa", "shop"]
