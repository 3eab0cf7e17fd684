from django.apps import AppConfig


class BookingDeskConfig(AppConfig):
    name = "core_site.booking_desk"
    label = "booking_desk"
    verbose_name = "Booking desk"
