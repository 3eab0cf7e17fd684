"""The URLconf of the booking desk, below the admin's."""

from django.contrib import admin
from django.urls import path

from core_site.booking_desk.views import desk

app_name = "booking_desk"

urlpatterns = [path("", admin.site.admin_view(desk), name="desk")]
