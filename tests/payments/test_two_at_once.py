"""Two staff users, or two clicks, who record the same money at the same moment: one entry."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import pytest
from django.db import connection, transaction
from django.test import Client

from core_site.bookings.models import Booking
from core_site.payments.models import Entry
from tests.admin.staff import Desk, logged_in
from tests.harness.staff_sessions import open_second_tab
from tests.harness.waiting import LOCK_WAITS, eventually
from tests.payments.conftest import SEES
from tests.payments.ledgers import balance_of, open_direct_shop, receive
from tests.payments.test_recording_money import hidden_fields, page_of

# Each browser has a connection of its own, and sees what the others have committed.
pytestmark = pytest.mark.django_db(transaction=True)


@dataclass(frozen=True)
class Browser:
    """A staff user's browser with a dialog open, filled in and not sent yet."""

    client: Client
    page: str
    form: dict[str, str]

    def send(self) -> int:
        try:
            return self.client.post(self.page, self.form).status_code
        finally:
            connection.close()


def opened(page: str, username: str, amount: str) -> Browser:
    client = logged_in(*SEES, "payments.add_entry", "payments.refund_entry", username=username)
    typed = {"amount": amount, "method": "CASH", "reference": "", "note": ""}
    return Browser(client, page, hidden_fields(client.get(page)) | typed)


def two_staff_users(page: str, amount: str) -> list[Browser]:
    return [opened(page, name, amount) for name in ("ines", "rui")]


def two_clicks(page: str, amount: str) -> list[Browser]:
    first = opened(page, "ines", amount)
    return [first, replace(first, client=open_second_tab(first.client))]


def waiting_sessions() -> int:
    with connection.cursor() as cursor:
        # Within a transaction pg_stat_activity is read once: later sessions would not be seen.
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(LOCK_WAITS)
        (count,) = cursor.fetchone()
    return int(count)


def send_at_once(booking: Booking, browsers: list[Browser]) -> list[int]:
    """Send all forms while the booking is locked, and let them go when all wait."""
    with ThreadPoolExecutor(len(browsers)) as threads:
        with transaction.atomic():
            Booking.objects.select_for_update().get(pk=booking.pk)
            answers = [threads.submit(browser.send) for browser in browsers]
            assert eventually(lambda: waiting_sessions() == len(browsers))
        return sorted(answer.result() for answer in answers)


@pytest.mark.parametrize(
    ("browsers", "answers"), [(two_staff_users, [302, 400]), (two_clicks, [302, 302])]
)
@pytest.mark.parametrize("dialog", ["receive/", "refund/"])
def test_the_same_money_is_recorded_once(
    browsers: Callable[[str, str], list[Browser]], answers: list[int], dialog: str
) -> None:
    booking = Desk(open_direct_shop()).confirmed()
    if dialog == "refund/":
        receive(booking, 9000)  # Paid twice: one half is due back.
    before = Entry.objects.count()

    assert send_at_once(booking, browsers(page_of(booking, dialog), "45.00")) == answers

    assert Entry.objects.count() == before + 1
    assert balance_of(booking).is_settled
