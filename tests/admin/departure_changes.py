"""Changes of a schedule or product that move or end departures, as staff make them."""

from datetime import date, timedelta

from django.test import Client
from django.utils import timezone

from core_site.catalog.models import Departure, Option, Product, Schedule
from tests.admin.forms import save
from tests.admin.test_editing_the_catalogue import path_of
from tests.harness.responses import ClientResponse


def departure_in(days: int) -> Departure:
    return Departure.objects.get(local_date=day_in(days))


def day_in(days: int) -> date:
    return timezone.localdate() + timedelta(days=days)


def on_own_page(client: Client) -> ClientResponse:
    return save(client, path_of(Schedule.objects.get()), start_times="10:00")


def on_the_options_page(client: Client) -> ClientResponse:
    return save(client, path_of(Option.objects.get()), **{"schedules-0-start_times": "10:00"})


def deleting_the_schedule(client: Client) -> ClientResponse:
    return client.post(path_of(Schedule.objects.get(), "delete"), {"post": "yes"})


def deleting_it_in_the_list(client: Client) -> ClientResponse:
    chosen = {"action": "delete_selected", "_selected_action": [Schedule.objects.get().pk]}
    return client.post("/admin/catalog/schedule/", chosen | {"post": "yes"})


def deleting_it_on_the_options_page(client: Client) -> ClientResponse:
    return save(client, path_of(Option.objects.get()), **{"schedules-0-DELETE": "on"})


def switching_it_off(client: Client) -> ClientResponse:
    return save(client, path_of(Schedule.objects.get()), is_active=None)


def making_it_longer(client: Client) -> ClientResponse:
    return save(client, path_of(Schedule.objects.get()), duration_minutes="150")


def ending_its_season(client: Client) -> ClientResponse:
    return save(client, path_of(Schedule.objects.get()), season_end=str(day_in(3)))


def leaving_out_weekdays(client: Client) -> ClientResponse:
    left = sorted(set(range(1, 8)) - {day_in(5).isoweekday(), day_in(6).isoweekday()})
    return save(client, path_of(Schedule.objects.get()), weekdays=[str(day) for day in left])


def switching_to_opening_hours(client: Client) -> ClientResponse:
    return save(client, path_of(Product.objects.get()), availability_type="OPENING_HOURS")


def correcting_the_zone(client: Client) -> ClientResponse:
    return save(client, path_of(Product.objects.get()), time_zone="Atlantic/Azores")


def generating(client: Client) -> ClientResponse:
    Schedule.objects.update(start_times=["10:00"])
    return client.post(path_of(Option.objects.get(), "generate"))
