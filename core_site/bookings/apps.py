from django.apps import AppConfig


class BookingsConfig(AppConfig):
    name = "core_site.bookings"
    label = "bookings"

    def ready(self) -> None:
        from core_site.bookings import checks  # noqa: F401  (registers them)
