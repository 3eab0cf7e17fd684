"""Staff add an endpoint, send a sample, see the answer and send it again; readers only look."""

import asyncio
import threading
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect
from standardwebhooks import Webhook

from tests.back_office.sign_in import SignIn, links_of
from tests.harness.waiting import eventually
from tests.webhooks.receiver import Receiver

pytestmark = pytest.mark.browser

READER = ("webhooks.view_webhookendpoint", "webhooks.view_delivery", "bookings.view_personal_data")
MANAGER = (
    *READER,
    "webhooks.change_webhookendpoint",
    "webhooks.replay_delivery",
    "partners.view_partner",
)


@pytest.fixture
def deliverer(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Deliver webhooks as the worker does, to this machine too."""
    from core_site.webhooks.sending.deliverer import run_deliverer

    monkeypatch.setenv("PORTICO_WEBHOOK_KEY", "only for tests")
    monkeypatch.setenv("PORTICO_WEBHOOKS_ALLOW_LOOPBACK", "yes")
    loop = asyncio.new_event_loop()
    task = loop.create_task(run_deliverer())

    def deliver() -> None:
        with pytest.raises(asyncio.CancelledError):
            loop.run_until_complete(task)
        loop.close()

    thread = threading.Thread(target=deliver)
    thread.start()
    yield
    loop.call_soon_threadsafe(task.cancel)
    thread.join()


def test_from_adding_an_endpoint_to_sending_the_sample_again(
    signed_in: SignIn, deliverer: None
) -> None:
    from tests.admin.staff import logged_in, open_shop, text_of

    shop = open_shop()
    page = signed_in(*MANAGER, opens_today=False)
    with Receiver() as receiver:
        receiver.answer = lambda got: (200, {}, b"thank you, stored as 4711")
        url = receiver.url

        page.goto(f"/admin/webhooks/webhookendpoint/create/?partner={shop.alice}")
        page.get_by_label("URL").fill(url)
        page.get_by_role("button", name="Add").click()
        secret = page.locator("#issued-key").inner_text()
        page.get_by_role("link", name="Done").click()
        endpoint = page.url
        page.get_by_role("link", name="Send a sample").click()
        page.get_by_role("button", name="Send").click()

        # The page looks again by itself until there is an answer.
        expect(page.get_by_text("thank you, stored as 4711")).to_be_visible()
        (sample,) = receiver.got
        verified = Webhook(secret).verify(sample.body, sample.headers)
        assert verified["type"] == "booking.confirmed"

        page.get_by_role("link", name="Send again").click()
        page.get_by_role("button", name="Send again").click()

        assert eventually(lambda: len(receiver.got) == 2)
        assert receiver.got[1].id == sample.id

    path = urlsplit(endpoint).path
    managers = logged_in(*MANAGER, username="mara").get(path)
    readers = logged_in(*READER, username="bruno").get(path)
    assert url in text_of(readers)
    may_only_be_done_by_managers = {"Send a sample", "Rotate the secret", "Disable"}
    assert may_only_be_done_by_managers <= links_of(managers).keys()
    assert not may_only_be_done_by_managers & links_of(readers).keys()
