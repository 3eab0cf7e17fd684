"""The URLconf below ``/admin/scan/``; tickets' QR codes hold one of these URLs."""

from django.contrib import admin
from django.urls import path

from core_site.scan.views import scan

app_name = "scan"

urlpatterns = [
    path("", admin.site.admin_view(scan), name="page"),
    path("<str:code>/", admin.site.admin_view(scan), name="code"),
]
