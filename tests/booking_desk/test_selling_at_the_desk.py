"""A sale at the desk is one booking, whatever is repeated; an exemption is kept on record."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from core_site import stores
from core_site.booking_desk.models import Exemption
from core_site.bookings.models import Booking
from core_site.catalog.models import Departure, PartnerTerms, Product
from core_site.events.models import Event
from core_site.partners.models import Partner
from shared_domain import booking_desk, bookings
from shared_domain.booking_desk import Sale, Sold
from shared_domain.bookings import Channel
from shared_domain.partners import Access, PartnerId
from shared_domain.run_now import run_now
from tests.admin.staff import open_shop
from tests.harness.data import Shop, add_partner


@pytest.fixture
def house(db: None) -> PartnerId:
    return add_partner("house", kind="direct", max_held_percent=1)


@pytest.fixture
def shop(house: PartnerId) -> Shop:
    shop = open_shop()
    PartnerTerms.objects.create(partner_id=house, product=shop.kayak, commission_basis_points=0)
    return shop


@pytest.fixture
def ana(db: None) -> User:
    return User.objects.create(username="ana", is_staff=True)


def sell(shop: Shop, partner: PartnerId, ana: User, *units: str, **wish: Any) -> Sold:
    sale = {"channel": Channel.TELEPHONE, "is_confirmed": True, "reason": None}
    sale |= {name: wish.pop(name) for name in [*sale] if name in wish}
    request = shop.reservation(*units, **{"uuid": uuid4()} | wish)
    with transaction.atomic():
        return run_now(
            booking_desk.sell(
                Sale(request=request, staff_user_id=ana.pk, **sale),
                access=Access(partner_id=partner, test_mode=False),
                now=timezone.now(),
                store=stores.desk(),
            )
        )


def test_it_is_confirmed_at_the_retail_price(shop: Shop, house: PartnerId, ana: User) -> None:
    sold = sell(shop, house, ana, "adult", "child").booking

    booking = Booking.objects.get(pk=sold.id)
    assert (booking.status, booking.channel) == ("CONFIRMED", "TELEPHONE")
    assert booking.net_minor == booking.retail_minor == 4500 + 2333
    of_the_booking = Event.objects.filter(booking_uuid=booking.uuid).order_by("id")
    types = of_the_booking.values_list("type", flat=True)
    assert list(types) == ["booking.reserved", "booking.confirmed"]


def test_staff_need_no_second_decision(shop: Shop, house: PartnerId, ana: User) -> None:
    Product.objects.update(instant_confirmation=False)

    assert sell(shop, house, ana).booking.status is bookings.BookingStatus.CONFIRMED


def test_only_what_stays_on_hold_counts_as_held(shop: Shop, house: PartnerId, ana: User) -> None:
    assert sell(shop, house, ana, is_confirmed=False).booking.status.value == "ON_HOLD"
    assert sell(shop, house, ana, *["adult"] * 5).booking.status.value == "CONFIRMED"
    with pytest.raises(bookings.HoldLimitReached):
        sell(shop, house, ana, "adult", is_confirmed=False)


def test_a_full_departure_gets_more_places_on_record(
    shop: Shop, house: PartnerId, ana: User
) -> None:
    with pytest.raises(bookings.SoldOut):
        sell(shop, house, ana, *["adult"] * 12)

    wish = {"uuid": uuid4(), "reason": "the second boat comes"}
    sold = sell(shop, house, ana, *["adult"] * 12, **wish)
    again = sell(shop, house, ana, *["adult"] * 12, **wish)

    assert sold.booking.id == again.booking.id
    assert again.exemption is None
    departure = Departure.objects.get()
    assert (departure.capacity, departure.reserved) == (12, 12)
    exemption = Exemption.objects.get()
    assert (exemption.capacity_before, exemption.capacity_after) == (10, 12)
    assert (exemption.reason, exemption.staff_user) == ("the second boat comes", ana)


def test_a_departure_of_yesterday_is_sold_on_record(
    shop: Shop, house: PartnerId, ana: User
) -> None:
    past = timezone.now() - timedelta(days=1)
    Departure.objects.update(booking_cutoff_at=past, cutoffs_count_from=past, starts_at=past)
    with pytest.raises(bookings.DepartureClosed):
        sell(shop, house, ana)
    with pytest.raises(booking_desk.HoldAfterCutoff):
        sell(shop, house, ana, reason="they went along", is_confirmed=False)

    sold = sell(shop, house, ana, reason="they went along")

    assert sold.booking.status is bookings.BookingStatus.CONFIRMED
    assert Exemption.objects.get().is_after_cutoff
    assert Departure.objects.get().capacity == 10


def test_a_reason_that_is_not_needed_exempts_from_nothing(
    shop: Shop, house: PartnerId, ana: User
) -> None:
    assert sell(shop, house, ana, reason="just in case").exemption is None
    assert not Exemption.objects.exists()


def test_a_closed_departure_stays_closed(shop: Shop, house: PartnerId, ana: User) -> None:
    Departure.objects.update(is_open=False)

    with pytest.raises(bookings.DepartureClosed):
        sell(shop, house, ana, reason="please")


def test_a_reseller_keeps_its_commission(shop: Shop, ana: User) -> None:
    sold = sell(shop, shop.alice, ana, channel=Channel.EMAIL).booking

    assert (sold.price.retail_minor, sold.price.net_minor) == (4500, 3600)


@pytest.mark.parametrize(
    "change",
    [
        lambda: Partner.objects.filter(kind="direct").update(kind="reseller"),
        lambda: PartnerTerms.objects.filter(partner__kind="direct").update(
            commission_basis_points=1
        ),
        lambda: Exemption.objects.update(capacity_after=99),
        lambda: Exemption.objects.all().delete(),
    ],
)
def test_the_tables_guard_themselves(shop: Shop, house: PartnerId, ana: User, change: Any) -> None:
    sell(shop, house, ana, *["adult"] * 11, reason="one child on a lap")

    with pytest.raises(DatabaseError), transaction.atomic():
        change()


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_once_make_one_booking(transactional_db: None) -> None:
    house, ana = add_partner("house", kind="direct"), User.objects.create(username="ana")
    shop = open_shop()
    PartnerTerms.objects.create(partner_id=house, product=shop.kayak, commission_basis_points=0)
    uuid = uuid4()

    def click(_: int) -> object:
        try:
            sold = sell(shop, house, ana, *["adult"] * 11, uuid=uuid, reason="a second boat")
            return sold.booking.id
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as threads:
        made = set(threads.map(click, range(4)))

    assert len(made) == 1
    assert Departure.objects.get().capacity == 11
    assert Exemption.objects.count() == Booking.objects.count() == 1
