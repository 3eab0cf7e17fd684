from django.apps import AppConfig


class DepartureCalendarConfig(AppConfig):
    name = "core_site.departure_calendar"
