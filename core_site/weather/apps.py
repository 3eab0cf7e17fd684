from django.apps import AppConfig


class WeatherConfig(AppConfig):
    name = "core_site.weather"
    label = "weather"
    verbose_name = "Weather"
