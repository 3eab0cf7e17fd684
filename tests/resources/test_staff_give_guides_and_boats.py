"""Staff give departures guides and boats, and are warned of clashes; guides see their own week."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from core_site.catalog.models import Departure
from core_site.disruptions.models import Disruption
from core_site.resources.models import Assignment, Resource
from tests.admin.forms import save
from tests.admin.staff import Desk, logged_in, open_shop, page_of_departure, text_of
from tests.harness.data import add_departure
from tests.harness.responses import ClientResponse

pytestmark = pytest.mark.django_db

MAY = ("resources.assign_resource", "catalog.view_departure", "catalog.change_departure")

WEEK = "/admin/resources/resource/my-week/"


@pytest.fixture
def departure() -> Departure:
    return open_shop().departure


@pytest.fixture
def later(departure: Departure) -> Departure:
    return add_departure(
        departure.option.product, starts_at=departure.starts_at + timedelta(hours=1)
    )


@pytest.fixture
def tomas() -> Resource:
    return Resource.objects.create(kind="GUIDE", name="Tomás")


@pytest.fixture
def duarte() -> Client:
    return logged_in(*MAY, username="duarte")


def chosen(page: ClientResponse, resource: Resource) -> dict[str, Any]:
    """Return what the page sends when only this resource is chosen on it."""
    version = page.context["form"]["page_version"].value()
    return {"resources": [resource.pk], "page_version": version}


def test_on_the_departures_page(duarte: Client, departure: Departure, tomas: Resource) -> None:
    boat = Resource.objects.create(kind="BOAT", name="Gaivota", capacity=8)
    page = page_of_departure(departure, "assign")

    duarte.post(page, {"resources": [tomas.pk, boat.pk]})
    duarte.post(page, {"resources": [boat.pk]})

    assert [one.resource for one in Assignment.objects.all()] == [boat]
    assert "Gaivota (8 places)" in text_of(duarte.get(page))


def test_what_a_departure_has_is_offered_however_many_there_are(
    duarte: Client, departure: Departure, tomas: Resource, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core_site.resources.forms.MOST_OFFERED", 1)
    page = page_of_departure(departure, "assign")
    Resource.objects.create(kind="GUIDE", name="Ana")
    Assignment.objects.create(
        resource=tomas, departure=departure, during=(departure.starts_at, departure.ends_at)
    )

    duarte.post(page, chosen(duarte.get(page), tomas))

    assert [one.resource for one in Assignment.objects.all()] == [tomas]


def test_a_page_from_before_takes_off_nothing_that_others_gave(
    duarte: Client, departure: Departure, tomas: Resource
) -> None:
    boat = Resource.objects.create(kind="BOAT", name="Gaivota", capacity=8)
    page = page_of_departure(departure, "assign")
    opened = duarte.get(page)
    logged_in(*MAY, username="ines").post(page, {"resources": [tomas.pk]})

    refused = duarte.post(page, chosen(opened, boat))

    assert [one.resource for one in Assignment.objects.all()] == [tomas]
    assert "Guides and boats: empty → Tomás." in text_of(refused)
    duarte.post(page, chosen(refused, boat))
    assert [one.resource for one in Assignment.objects.all()] == [boat]


def test_for_many_departures_with_a_warning_of_two_places_at_once(
    duarte: Client, departure: Departure, later: Departure, tomas: Resource
) -> None:
    form = {
        "action": "assign_many", "answered": "1", "change": "assign", "resources": [tomas.pk],
        "_selected_action": [departure.pk, later.pk],
    }  # fmt: skip

    page = duarte.post("/admin/catalog/departure/?time=all", form, follow=True)

    assert Assignment.objects.count() == 2
    assert "Tomás is in two places at once" in text_of(page)


def test_a_boat_with_fewer_seats_than_guests_is_warned_of(
    duarte: Client, departure: Departure, later: Departure
) -> None:
    Departure.objects.update(reserved=3)
    boat = Resource.objects.create(kind="BOAT", name="Gaivota", capacity=7)
    for one in (departure, later):
        said = text_of(duarte.post(page_of_departure(one, "assign"), {"resources": [boat.pk]},
                                   follow=True))  # fmt: skip
        assert "on its boats" not in said

    page = f"/admin/resources/resource/{boat.pk}/change/"
    office = logged_in()
    said = text_of(office.get(save(office, page, capacity=5)["Location"]))

    # Each has 5 seats less the 3 of the other one.
    assert said.count("3 places taken, and 2 on its boats.") == 2
    small = Resource.objects.create(kind="BOAT", name="Canoa", capacity=2)
    form = {"resources": [small.pk], "page_version": ""}
    said = text_of(duarte.post(page_of_departure(departure, "assign"), form, follow=True))
    assert said.count("3 places taken, and 2 on its boats.") == 1


def test_a_boat_that_is_switched_off_stays_where_it_is_and_that_is_said(
    duarte: Client, departure: Departure
) -> None:
    boat = Resource.objects.create(kind="BOAT", name="Gaivota", capacity=7)
    duarte.post(page_of_departure(departure, "assign"), {"resources": [boat.pk]})
    office, page = logged_in(), f"/admin/resources/resource/{boat.pk}/change/"

    answer = office.get(save(office, page, is_active=None)["Location"])

    assert "It stays on 1 departure ahead." in text_of(answer)
    (of_it,) = re.findall(r'href="([^"]+)">the list of them', answer.content.decode())
    add_departure(departure.option.product, starts_at=departure.starts_at + timedelta(hours=2))
    found = office.get(of_it)
    assert list(found.context["cl"].result_list) == [departure]
    assert "Guide or boat" in text_of(found)
    assert "stays on" not in text_of(office.get(save(office, page, name="Garça")["Location"]))


def test_what_is_out_of_use_is_taken_off_many_and_given_to_none(
    duarte: Client, departure: Departure, later: Departure
) -> None:
    boat = Resource.objects.create(kind="BOAT", name="Gaivota", capacity=20)
    many = {
        "action": "assign_many", "answered": "1", "resources": [boat.pk],
        "_selected_action": [departure.pk, later.pk],
    }  # fmt: skip
    page = "/admin/catalog/departure/?time=all"
    duarte.post(page, many | {"change": "assign"})
    Resource.objects.update(is_active=False)

    refused = text_of(duarte.post(page, many | {"change": "assign"}))
    duarte.post(page, many | {"change": "unassign"})

    assert "Out of use, so only taken off: Gaivota." in refused
    assert not Assignment.objects.exists()


def test_a_clash_stays_on_the_departures_page(
    duarte: Client, departure: Departure, later: Departure, tomas: Resource
) -> None:
    for one in (departure, later):
        duarte.post(page_of_departure(one, "assign"), {"resources": [tomas.pk]})
    duarte.get("/admin/")  # The warning of the form is shown once.

    assert "Tomás is in two places at once" in text_of(duarte.get(page_of_departure(later)))
    # Cancelled for the wind, say.
    Departure.objects.filter(pk=departure.pk).update(is_open=False)
    assert "in two places" not in text_of(duarte.get(page_of_departure(later)))
    Departure.objects.filter(pk=departure.pk).update(reserved=1)
    assert "Tomás is in two places at once" in text_of(duarte.get(page_of_departure(later)))


def test_who_may_not_gives_nothing(departure: Departure, tomas: Resource) -> None:
    other = logged_in("catalog.view_departure", username="ines")
    page = page_of_departure(departure, "assign")

    assert other.post(page, {"resources": [tomas.pk]}).status_code == 403
    assert "Guides and boats" not in text_of(other.get(page_of_departure(departure)))
    assert not Assignment.objects.exists()


def test_a_departure_that_its_schedule_removes_takes_its_assignments_along(
    departure: Departure, tomas: Resource, duarte: Client
) -> None:
    duarte.post(page_of_departure(departure, "assign"), {"resources": [tomas.pk]})

    Departure.objects.filter(pk=departure.pk)._raw_delete("default")

    assert not Assignment.objects.exists()


def test_a_guide_sees_the_own_week_only(
    duarte: Client, departure: Departure, later: Departure, tomas: Resource
) -> None:
    duarte.post(page_of_departure(departure, "assign"), {"resources": [tomas.pk]})
    guide = logged_in("resources.see_own_week", username="tomas")
    assert guide.get("/admin/").headers["Location"] == WEEK
    tomas.staff_user = User.objects.get(username="tomas")
    tomas.save()

    week = text_of(guide.get(WEEK, {"week": departure.local_date}))

    assert week.count("– 0 guests") == 1
    Departure.objects.filter(pk=departure.pk).update(is_open=False)
    assert "– closed to sale" in text_of(guide.get(WEEK, {"week": departure.local_date}))
    cancelled = Disruption.objects.create(
        kind="CANCEL",
        refund="BY_THE_RULES",
        requested_by=User.objects.get(username="duarte"),
        started_at=timezone.now(),
    )
    cancelled.departures.create(departure=departure)
    assert "– cancelled" in text_of(guide.get(WEEK, {"week": departure.local_date}))
    assert "guests" not in text_of(guide.get(WEEK, {"week": "not a day"}))
    assert logged_in("catalog.view_departure", username="ines").get(WEEK).status_code == 403


def test_a_guide_is_told_of_guests_and_not_of_holds(duarte: Client) -> None:
    desk = Desk(open_shop())
    desk.confirmed("adult", "adult")
    desk.held()
    guide = logged_in("resources.see_own_week", username="tomas")
    tomas = Resource.objects.create(
        kind="GUIDE", name="Tomás", staff_user=User.objects.get(username="tomas")
    )
    departure = desk.shop.departure
    duarte.post(page_of_departure(departure, "assign"), {"resources": [tomas.pk]})

    assert "– 2 guests" in text_of(guide.get(WEEK, {"week": departure.local_date}))


def test_a_staff_user_who_is_no_guide_is_told_so() -> None:
    assert "You are no guide yet" in text_of(logged_in("resources.see_own_week").get(WEEK))


def test_an_open_departure_without_seats_left_on_its_boat_says_so_everywhere(
    departure: Departure, later: Departure, duarte: Client
) -> None:
    boat = Resource.objects.create(kind="BOAT", name="Gaivota", capacity=4)
    for one in (departure, later):
        duarte.post(page_of_departure(one, "assign"), {"resources": [boat.pk]})
    Departure.objects.filter(pk=departure.pk).update(reserved=4)
    rosa = logged_in("catalog.view_departure", "catalog.view_product", "exports.export_list")

    said = {
        "/admin/catalog/departure/?time=all": 2,
        page_of_departure(later): 1,
        f"/admin/catalog/product/{later.option.product_id}/change/": 2,
        f"/admin/departures/?date={later.local_date}": 2,
    }
    for page, times in said.items():
        assert text_of(rosa.get(page)).lower().count("boat full") == times, page
    exported = rosa.get("/admin/catalog/departure/export/csv/?time=all").getvalue().decode()
    assert exported.count("boat full") == 2
