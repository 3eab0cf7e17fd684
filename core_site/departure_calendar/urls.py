"""The URLconf of the departure calendar, below the admin's."""

from django.contrib import admin
from django.urls import path

from core_site.departure_calendar.views import departures

app_name = "departure_calendar"

urlpatterns = [path("", admin.site.admin_view(departures), name="page")]
