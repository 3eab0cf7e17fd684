"""Staff choose departures, see who is affected, decide, and start it once."""

import io
from csv import DictReader
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from core_site.admin_kit.viewer_zone import COOKIE
from core_site.catalog.models import Departure, Product
from core_site.disruptions import preview
from core_site.disruptions.jobs import carry_out_disruption
from core_site.disruptions.models import Disruption
from core_site.disruptions.report import load_progress
from core_site.exports.models import Export
from tests.admin.staff import logged_in, page_of_departure, text_of
from tests.disruptions.windy_day import WindyDay
from tests.harness.data import add_departure
from tests.harness.responses import ClientResponse
from tests.payments.ledgers import open_direct_shop, receive, refund

START = "/admin/disruptions/disruption/start/"

MAY = ("disruptions.view_disruption", "disruptions.run_disruption")


@pytest.fixture
def duarte(windy_day: WindyDay) -> Client:
    return logged_in(*MAY, username="duarte")


def fields_of(page: ClientResponse) -> dict[str, str]:
    """Return what a browser sends of the decision when nothing is changed."""
    return {bound.html_name: str(bound.value() or "") for bound in page.context["form"]}


def of_day(windy_day: WindyDay, **values: object) -> str:
    day = windy_day.departure.local_date
    query = {"kind": "CANCEL", "first": day} | values
    return f"{START}?" + "&".join(f"{name}={value}" for name, value in query.items())


def test_the_preview_counts_guests_partners_and_money(
    duarte: Client, windy_day: WindyDay, django_assert_max_num_queries: object
) -> None:
    for _ in range(3):
        windy_day.desk.confirmed("adult")
    windy_day.desk.held()
    windy_day.desk.confirmed(test_mode=True)

    with django_assert_max_num_queries(20):  # type: ignore[operator]
        page = duarte.get(of_day(windy_day))

    text = text_of(page)
    assert text.count("Cancel or move departures") == 2  # In the tab and above the page.
    assert "Bookings 3 Guests 3 Partners 1 Running holds 1 Tests 1" in text
    assert "By the rules: EUR 135.00 (we cancel, so everything)" in text
    assert "Cancel 1 departure with 3 guests" in text


def test_what_staff_have_not_accepted_is_no_money_to_refund(
    duarte: Client, windy_day: WindyDay
) -> None:
    windy_day.desk.confirmed("adult")
    windy_day.desk.pending("adult")

    text = text_of(duarte.get(of_day(windy_day)))

    assert "Bookings 2" in text
    assert "By the rules: EUR 45.00 (we cancel, so everything)" in text


@pytest.mark.django_db
def test_of_our_own_sales_only_what_guests_have_paid_is_refunded() -> None:
    windy_day = WindyDay.dawn(open_direct_shop())
    duarte = logged_in(*MAY, username="duarte")
    deposit, full, unpaid = (windy_day.desk.confirmed("adult") for _ in range(3))
    held = windy_day.desk.held("adult")
    for booking, paid_minor in ((deposit, 1_000), (full, 5_000), (held, 500)):
        receive(booking, paid_minor)
    refund(deposit, 300)

    text = text_of(duarte.get(of_day(windy_day)))
    assert "By the rules: EUR 57.00 (we cancel, so everything)" in text

    disruption = windy_day.carry_out()
    refund(deposit, 700)
    receive(unpaid, 4_500)
    assert load_progress(disruption).refunds == "EUR 57.00"
    csv = duarte.get(f"/admin/disruptions/disruption/{disruption.pk}/report.csv").content.decode()
    found = {row["booking"]: row["refund"] for row in DictReader(io.StringIO(csv.lstrip("\ufeff")))}
    refunds = [found[booking.supplier_reference] for booking in (deposit, full, unpaid, held)]
    assert refunds == ["EUR 7.00", "EUR 45.00", "EUR 0.00", "EUR 5.00"]


@pytest.mark.parametrize("place", ["Cascais", "Porto"])
def test_a_day_is_chosen_by_place(duarte: Client, windy_day: WindyDay, place: str) -> None:
    Product.objects.update(place="Cascais")
    Product.objects.create(code="other", internal_name="Other", place="Porto")

    page = duarte.get(of_day(windy_day, place=place))

    assert (page.status_code == 200) is (place == "Cascais")


def test_a_day_is_that_of_the_departures_that_have_not_begun(
    duarte: Client, windy_day: WindyDay
) -> None:
    """At ten the wind rises, and the guests of nine o'clock are on the water."""
    windy_day.desk.confirmed()
    now = timezone.now()
    Departure.objects.filter(pk=windy_day.departure.pk).update(
        starts_at=now - timedelta(hours=1), cutoffs_count_from=now - timedelta(hours=1),
        ends_at=now + timedelta(hours=1),
    )  # fmt: skip
    later = add_departure(windy_day.desk.shop.kayak, starts_at=now + timedelta(hours=2))
    Departure.objects.filter(pk=later.pk).update(local_date=windy_day.departure.local_date)

    of_the_day = duarte.get(of_day(windy_day))
    by_hand = duarte.get(f"{START}?departures={windy_day.departure.pk}")

    assert [line.departure for line in of_the_day.context["preview"].lines] == [later]
    assert "has begun" in text_of(by_hand)
    assert by_hand.context["preview"].total.bookings == 1


def test_it_is_started_once_and_queued_with_it(duarte: Client, windy_day: WindyDay) -> None:
    booking = windy_day.desk.confirmed()
    path = of_day(windy_day)
    form = fields_of(duarte.get(path)) | {"message": "Too windy.", "start": "1"}

    first, second = duarte.post(path, form), duarte.post(path, form)

    disruption = Disruption.objects.get()
    report = f"/admin/disruptions/disruption/{disruption.pk}/change/"
    assert first.headers["Location"] == second.headers["Location"] == report
    job = ProcrastinateJob.objects.get(task_name__endswith="carry_out_disruption")
    assert job.args == {"disruption_id": disruption.pk}
    carry_out_disruption(disruption.pk)
    shown = text_of(duarte.get(report))
    assert "Done: 1 cancelled." in shown
    assert booking.supplier_reference in shown
    duarte.cookies[COOKIE] = "Europe/Lisbon"
    csv = duarte.get(f"/admin/disruptions/disruption/{disruption.pk}/report.csv")
    assert booking.supplier_reference in csv.content.decode("utf-8-sig")
    # Others read it, by other clocks than that of the staff user who downloads it.
    assert " Europe/Lisbon," in csv.content.decode("utf-8-sig")
    record = Export.objects.get()
    assert (record.by, record.kind, record.rows) == ("duarte", "csv", 1)


def test_a_booking_that_came_since_is_shown_first(duarte: Client, windy_day: WindyDay) -> None:
    path = of_day(windy_day)
    form = fields_of(duarte.get(path)) | {"start": "1"}
    windy_day.desk.confirmed()

    page = duarte.post(path, form)

    assert page.status_code == 400
    assert "Nothing was started: bookings or places have changed" in text_of(page)
    assert not Disruption.objects.exists()
    assert Departure.objects.get(pk=windy_day.departure.pk).is_open
    assert duarte.post(path, fields_of(page) | {"start": "1"}).status_code == 302


def test_one_that_is_running_is_waited_for(duarte: Client, windy_day: WindyDay) -> None:
    """With both, chance would decide which guests are cancelled and which are moved."""
    windy_day.desk.confirmed()
    path = of_day(windy_day, kind="MOVE", to=windy_day.day_after.local_date)
    running = windy_day.start()
    page = duarte.get(path)

    refused = duarte.post(path, fields_of(page) | {"start": "1"})

    assert "one of the departures is being cancelled or moved at this moment" in text_of(refused)
    assert Disruption.objects.get() == running
    carry_out_disruption(running.pk)
    assert windy_day.start() != running


def test_a_move_offers_the_slots_of_the_other_day(duarte: Client, windy_day: WindyDay) -> None:
    windy_day.desk.confirmed("adult", "adult", "adult")
    refused = windy_day.desk.confirmed("adult", "adult")
    to = windy_day.departure.local_date + timedelta(days=1)

    behind_the_calendar = duarte.get(of_day(windy_day, kind="MOVE", last=to, to="9999-12-31"))
    assert "Choose an earlier day." in text_of(behind_the_calendar)
    page = duarte.get(of_day(windy_day, kind="MOVE", to=to))

    text = text_of(page)
    assert "4 places left" in text
    assert f"{refused.supplier_reference} , 2 places: the slot has too few places left" in text
    assert "Move 1 departure with 3 of 5 guests" in text
    assert duarte.post(page.wsgi_request.get_full_path(), fields_of(page) | {"start": "1"})
    assert Disruption.objects.get().departures.get().target == windy_day.day_after


def test_each_departure_is_offered_the_slots_of_its_day(
    duarte: Client, windy_day: WindyDay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preview, "SLOTS_OFFERED", 1)
    kayak, starts_at = windy_day.desk.shop.kayak, windy_day.departure.starts_at
    # The first day to move to has more slots than are offered, and so has the day after it.
    later = [
        add_departure(kayak, starts_at=starts_at + timedelta(days=days, hours=hours))
        for days, hours in ((9, 0), (9, 1), (10, 0), (10, 1), (11, 0))
    ]
    two_days_on = add_departure(kayak, starts_at=starts_at + timedelta(days=2))
    chosen = [windy_day.departure, two_days_on]

    slots = preview.find_slots(
        chosen, to=windy_day.departure.local_date + timedelta(days=9), now=timezone.now()
    )

    assert [slots[one.pk] for one in chosen] == [[later[0]], [later[4]]]


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("kind=CANCEL", "Choose a day."),
        ("kind=MOVE&first=2030-01-01", "Choose the day to which guests are moved."),
        ("kind=CANCEL&first=2030-01-01&last=2030-03-01", "Choose the same day or one of the 30"),
        ("kind=CANCEL&first=2030-01-01", "No departure is open or booked then."),
        ("kind=CANCEL&first=tomorrow", "Enter a valid date."),
        ("departures=0,x,99999999999999999999", "No departure is open or booked then."),
    ],
)
def test_what_is_missing_is_said_at_its_field(duarte: Client, query: str, says: str) -> None:
    page = duarte.get(f"{START}?{query}")

    assert page.status_code == 400
    assert says in text_of(page)


def test_who_may_not_sees_no_button_and_starts_nothing(windy_day: WindyDay) -> None:
    other = logged_in("disruptions.view_disruption", "catalog.view_departure", username="ines")

    assert other.get(START).status_code == 403
    assert other.post(of_day(windy_day), {"start": "1"}).status_code == 403
    assert "Cancel or move its guests" not in text_of(
        other.get(page_of_departure(windy_day.departure))
    )
    assert other.get("/admin/disruptions/disruption/").status_code == 200


def test_without_the_right_to_see_reports_there_are_none(windy_day: WindyDay) -> None:
    disruption = windy_day.carry_out()
    other = logged_in("catalog.view_departure", username="ines")

    for page in ("change/", "progress/", "report.csv"):
        path = f"/admin/disruptions/disruption/{disruption.pk}/{page}"
        assert other.get(path).status_code == 403
