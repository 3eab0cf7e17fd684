from django.apps import AppConfig


class BookingsConfig(AppConfig):
    name = "core_site.bookings"
    label = "bookings"
