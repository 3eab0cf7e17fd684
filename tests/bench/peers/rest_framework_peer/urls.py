from django.urls import path

from tests.bench.peers.rest_framework_peer import views

urlpatterns = [
    path("octo/bookings/<uuid:uuid>", views.OneBooking.as_view()),
    path("octo/bookings", views.Bookings.as_view()),
    path("octo/availability/calendar", views.Calendar.as_view()),
]
