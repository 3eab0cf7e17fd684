"""Staff see how a partner's endpoints fare, add and rotate, send samples and replay."""

from collections.abc import Iterator
from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.core import mail
from django.db.models import Model
from django.urls import reverse
from django.utils import timezone

from core_site import stores
from core_site.partners.models import Partner
from core_site.webhooks.jobs import KEPT_FOR, purge_webhook_log, send_webhook_notices
from core_site.webhooks.models import Attempt, Delivery, Queue, WebhookEndpoint
from shared_domain import webhooks
from shared_domain.run_now import run_now
from shared_domain.webhooks import SigningKeys
from tests.admin.staff import logged_in, open_shop, text_of
from tests.harness.data import Shop
from tests.harness.pages import context_of

LIST = "/admin/webhooks/webhookendpoint/"
CREATE = f"{LIST}create/"
MANAGER = (
    *("webhooks.view_webhookendpoint", "webhooks.change_webhookendpoint", "webhooks.view_delivery"),
    "webhooks.replay_delivery",
)
READER = ("webhooks.view_webhookendpoint", "webhooks.view_delivery")

#: Of the key of the installation.
KEY = SigningKeys.parse("only for tests").next_version().key_id


@pytest.fixture(autouse=True)
def signing_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTICO_WEBHOOK_KEY", "only for tests")


@pytest.fixture
def shop(db: None) -> Shop:
    return open_shop()


@pytest.fixture
def endpoint(shop: Shop) -> WebhookEndpoint:
    now = timezone.now()
    made = WebhookEndpoint.objects.create(
        partner_id=shop.alice, test_mode=False, url="https://shop.example.com/hooks",
        secret_number=1, secret_key_id=KEY, created_at=now, updated_at=now,
    )  # fmt: skip
    Queue.objects.create(endpoint=made, position=0)
    return made


def add_delivery(endpoint: WebhookEndpoint, **different: Any) -> Delivery:
    known = {
        "message_id": "evt_1", "position": 1, "type": "booking.confirmed", "subject": "b",
        "state": "delivered", "created_at": timezone.now(), "settled_at": timezone.now(),
        "last_status": 200, "last_duration_ms": 20,
    }  # fmt: skip
    made = Delivery.objects.create(endpoint=endpoint, **(known | different))
    Attempt.objects.create(
        delivery=made, at=timezone.now(), status=500, problem="status", duration_ms=20,
        answer="Ida Alone was refused",
    )  # fmt: skip
    return made


def button(row: Model, name: str) -> str:
    """Return the address of a button on the page of a row."""
    return reverse(f"admin:webhooks_{row._meta.model_name}_{name}", args=[row.pk])


def test_from_adding_to_rotating(shop: Shop) -> None:
    staff = logged_in(*MANAGER)
    form = {"partner": shop.alice, "mode": "test", "url": "https://10.0.0.1/", "submission": "a"}

    refused = staff.post(CREATE, form)
    assert "must lead to a host of the public internet" in text_of(refused)
    form["url"] = "https://shop.example.com/hooks"
    shown = staff.post(CREATE, form)

    assert "no-store" in shown["Cache-Control"]
    assert "whsec_" in text_of(shown)
    (endpoint,) = WebhookEndpoint.objects.all()
    page = f"{LIST}{endpoint.pk}"
    assert staff.post(CREATE, form).status_code == 302
    assert WebhookEndpoint.objects.count() == 1
    assert "whsec_" not in text_of(staff.get(f"{page}/change/"))
    rotated = staff.post(button(endpoint, "rotate_secret"), {"overlap": 2, "submission": "b"})
    assert "signs as well for 2 hours" in text_of(rotated)
    endpoint.refresh_from_db()
    assert (endpoint.secret_number, endpoint.previous_secret_number) == (2, 1)
    assert "whsec_" not in text_of(staff.get(f"{page}/history/"))
    assert "Old secret signs until" in text_of(staff.get(f"{page}/change/"))
    WebhookEndpoint.objects.update(previous_secret_until=timezone.now())
    assert "Old secret signs until" not in text_of(staff.get(f"{page}/change/"))
    # The key of the installation is gone: the page says so, and a rotation repairs it at once.
    WebhookEndpoint.objects.update(secret_key_id="gone")
    assert "Nothing can be signed" in text_of(staff.get(f"{page}/change/"))
    rotated = staff.post(button(endpoint, "rotate_secret"), {"overlap": 2, "submission": "c"})
    assert "signs as well" not in text_of(rotated)
    assert "Nothing can be signed" not in text_of(staff.get(f"{page}/change/"))


def test_sample_replay_disable_and_enable(endpoint: WebhookEndpoint) -> None:
    staff = logged_in(*MANAGER)
    page = f"{LIST}{endpoint.pk}"

    WebhookEndpoint.objects.update(secret_key_id="gone")

    sent = staff.post(
        button(endpoint, "send_sample"), {"type": "booking.cancelled", "submission": "a"}
    )
    looks_again = staff.get(sent["Location"])
    assert looks_again["Refresh"] == "1"
    assert "Booking cancelled (sample)" in text_of(looks_again)
    assert "It cannot be signed" in text_of(looks_again)
    WebhookEndpoint.objects.update(secret_key_id=KEY)
    assert "It is sent within a second" in text_of(staff.get(sent["Location"]))
    Delivery.objects.update(state="delivered", next_attempt_at=None)
    assert "Refresh" not in staff.get(sent["Location"])

    gap = add_delivery(endpoint, state="passed_over")
    staff.post(button(gap, "replay"), {"submission": "b"})
    gap.refresh_from_db()
    assert gap.state == "waiting"
    # A second click, when the event has been sent already.
    Delivery.objects.filter(pk=gap.pk).update(state="delivered", next_attempt_at=None)
    staff.post(button(gap, "replay"), {"submission": "b"})
    gap.refresh_from_db()
    assert gap.state == "delivered"
    replays = LogEntry.objects.filter(change_message="Booking confirmed sent again: evt_1.")
    assert [entry.object_id for entry in replays] == [str(endpoint.pk)]
    staff.post(button(gap, "replay"), {"submission": "again"})

    staff.post(button(endpoint, "disable"), {"submission": "c"})
    assert "Staff disabled it" in text_of(staff.get(f"{page}/change/"))
    refused = staff.post(
        button(endpoint, "send_sample"), {"type": "booking.cancelled", "submission": "d"}
    )
    assert "disabled; enable it first" in text_of(refused)
    with pytest.raises(webhooks.DisabledByStaff):
        run_now(
            webhooks.enable_endpoint(
                webhooks.EndpointId(endpoint.pk), by=webhooks.DisabledBy.PARTNER,
                access=endpoint.access, now=timezone.now(), store=stores.webhook_endpoints(),
            )
        )  # fmt: skip
    staff.post(button(endpoint, "enable"), {"skips_backlog": "on", "submission": "e"})
    gap.refresh_from_db()
    assert gap.state == "passed_over"
    staff.post(button(endpoint, "remove"), {"submission": "f"})
    assert staff.get(f"{page}/change/").status_code == 302


def test_no_sample_is_offered_for_a_partner_that_is_sent_nothing(endpoint: WebhookEndpoint) -> None:
    staff, page = logged_in(*MANAGER), f"{LIST}{endpoint.pk}/change/"

    assert button(endpoint, "send_sample") in staff.get(page).content.decode()
    Partner.objects.filter(pk=endpoint.partner_id).update(is_active=False)

    assert button(endpoint, "send_sample") not in staff.get(page).content.decode()


def test_readers_change_nothing_and_answers_are_hidden_from_them(endpoint: WebhookEndpoint) -> None:
    delivery = add_delivery(endpoint)
    staff = logged_in(*READER)
    actions = [button(endpoint, name) for name in (
        "send_sample", "edit", "rotate_secret", "replay", "enable", "disable", "remove",
    )]  # fmt: skip
    actions += [CREATE, button(delivery, "replay")]

    assert {staff.post(path).status_code for path in actions} <= {302, 403}
    assert not Delivery.objects.exclude(pk=delivery.pk).exists()
    assert WebhookEndpoint.objects.get().disabled_by == ""
    page = f"/admin/webhooks/delivery/{delivery.pk}/change/"
    assert "Ida Alone" not in text_of(staff.get(page))
    sees_guests = logged_in(*READER, "bookings.view_personal_data", username="sees")
    assert "Ida Alone" in text_of(sees_guests.get(page))
    assert logged_in("users.view_user", username="other").get(LIST).status_code == 403


def test_trouble_is_shown_on_today_and_on_the_partners_page(
    endpoint: WebhookEndpoint, django_assert_max_num_queries: Any
) -> None:
    Queue.objects.update(failing_since=timezone.now() - timedelta(hours=2))
    staff = logged_in(*READER, "partners.view_partner")

    figures = context_of(staff, "/admin/")["figures"]
    (trouble,) = [figure for figure in figures if figure.title == "Webhooks in trouble"]
    assert (trouble.value, trouble.is_urgent) == (1, True)
    assert endpoint.url in text_of(staff.get(trouble.link))
    assert endpoint.url in text_of(
        staff.get(f"/admin/partners/partner/{endpoint.partner_id}/change/")
    )
    # Nor does it get anything where the key of its secret is gone.
    Queue.objects.update(failing_since=None)
    assert endpoint.url not in text_of(staff.get(trouble.link))
    WebhookEndpoint.objects.update(secret_key_id="gone")
    assert "cannot be sent to" in text_of(staff.get(trouble.link))
    # Nothing is sent to a partner that is inactive, so nothing fails.
    Partner.objects.filter(pk=endpoint.partner_id).update(is_active=False)
    assert endpoint.url not in text_of(staff.get(trouble.link))
    assert "partner inactive" in text_of(staff.get(LIST))
    WebhookEndpoint.objects.update(disabled_by="failure", disabled_at=timezone.now())
    assert endpoint.url not in text_of(staff.get(trouble.link))
    WebhookEndpoint.objects.update(disabled_by="", disabled_at=None)
    Partner.objects.filter(pk=endpoint.partner_id).update(is_active=True)
    for _ in range(20):
        add_delivery(endpoint, message_id=f"evt_{Delivery.objects.count()}")
    for path in (LIST, f"{LIST}{endpoint.pk}/change/", "/admin/webhooks/delivery/"):
        with django_assert_max_num_queries(16):
            assert staff.get(path).status_code == 200


def test_a_partner_is_told_once_that_its_endpoint_was_disabled(endpoint: WebhookEndpoint) -> None:
    now = timezone.now()
    WebhookEndpoint.objects.update(disabled_by="failure", disabled_at=now, notice_due_at=now)

    send_webhook_notices()
    send_webhook_notices()

    (sent,) = mail.outbox
    assert sent.to == [endpoint.partner.email]
    assert endpoint.url in sent.body
    assert f"{endpoint.pk}/enable" in sent.body
    # Enabled, and disabled by the partner itself, before the mail left: there is nothing to tell.
    WebhookEndpoint.objects.update(disabled_by="partner", notice_due_at=now)
    send_webhook_notices()
    assert len(mail.outbox) == 1
    assert not WebhookEndpoint.objects.filter(notice_due_at=now).exists()


def test_an_address_that_no_mail_can_have_keeps_no_other_partner_waiting(
    shop: Shop, endpoint: WebhookEndpoint
) -> None:
    now = timezone.now()
    WebhookEndpoint.objects.create(
        partner_id=shop.bob, test_mode=False, url="https://y.example.com", secret_number=1,
        secret_key_id="a", created_at=now, updated_at=now, notice_due_at=now - timedelta(hours=1),
    )  # fmt: skip
    Partner.objects.filter(pk=shop.bob).update(email="two\nlines@example.com")
    WebhookEndpoint.objects.filter(pk=endpoint.pk).update(notice_due_at=now)
    WebhookEndpoint.objects.update(disabled_by="failure", disabled_at=now)

    send_webhook_notices()

    assert [sent.to for sent in mail.outbox] == [[endpoint.partner.email]]
    # It is tried again, as long as staff may mend the address.
    (waiting,) = WebhookEndpoint.objects.filter(notice_due_at__isnull=False)
    assert waiting.partner_id == shop.bob


def test_the_log_is_kept_for_thirty_days(endpoint: WebhookEndpoint) -> None:
    old = timezone.now() - KEPT_FOR - timedelta(minutes=1)
    add_delivery(endpoint, message_id="old", created_at=old, settled_at=old)
    add_delivery(endpoint, message_id="waits", state="waiting", settled_at=None, created_at=old)
    # It was replayed, or its endpoint was disabled until today.
    late = add_delivery(endpoint, message_id="late", created_at=old)
    Attempt.objects.create(delivery=late, at=old, duration_ms=20, answer="Ida Alone was refused")
    add_delivery(endpoint, message_id="new")
    removed = WebhookEndpoint.objects.create(
        partner_id=endpoint.partner_id, test_mode=False, url="https://x.example.com",
        secret_number=1, secret_key_id="a", created_at=old, updated_at=old, removed_at=old,
    )  # fmt: skip
    add_delivery(removed)

    purge_webhook_log()

    kept = set(Delivery.objects.values_list("message_id", flat=True))
    assert kept == {"waits", "late", "new"}
    assert Attempt.objects.count() == 3
    assert not Attempt.objects.filter(at=old).exists()
    assert list(WebhookEndpoint.objects.all()) == [endpoint]


@pytest.fixture
def content_types(db: None) -> Iterator[None]:
    """Let the process forget the content types that the test has made, which are rolled back."""
    yield
    ContentType.objects.clear_cache()


def test_roles_of_an_earlier_release_keep_what_they_may_do(content_types: None) -> None:
    migration = import_module("core_site.webhooks.migrations.0003_webhook_endpoint")
    role = Group.objects.create(name="Webhooks")
    permissions = Permission.objects.filter(content_type__app_label="webhooks")
    role.permissions.set(permissions.filter(codename__endswith="_webhookendpoint"))
    before = set(role.permissions.values_list("codename", "content_type__model"))

    migration.rename_backwards(apps, None)
    of_earlier_release = set(role.permissions.values_list("codename", "content_type__model"))
    # As a process of this release makes it that began before the migration.
    ContentType.objects.clear_cache()
    ContentType.objects.get_for_model(WebhookEndpoint)
    migration.rename_forwards(apps, None)

    assert of_earlier_release == {(f"{verb}_endpoint", "endpoint") for verb in ("view", "change")}
    assert set(role.permissions.values_list("codename", "content_type__model")) == before
