"""A guest's address may be international; the mail arrives, or fails without holding up others."""

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import override_settings

from core_site.bookings.models import Booking
from core_site.catalog.models import Product
from core_site.config.mail_url import mail_settings
from core_site.messages.jobs import send_tickets
from tests.admin.staff import Desk
from tests.harness.data import add_supplier
from tests.worker.mail_server import MailServer, mail_server


@pytest.fixture(params=[True, False], ids=["with SMTPUTF8", "without it"])
def has_smtputf8(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture
def server(has_smtputf8: bool) -> Iterator[MailServer]:
    with (
        mail_server(has_smtputf8=has_smtputf8) as running,
        override_settings(**mail_settings(f"smtp://127.0.0.1:{running.port}")),
    ):
        yield running


def due(desk: Desk, address: str, **contact: Any) -> Booking:
    wanted = {"first_name": "Clara", "last_name": "Duarte", "email_address": address} | contact
    return desk.confirmed(email_receipt=True, contact=wanted)


def test_a_domain_beyond_ascii_is_written_by_idna_2008(desk: Desk, server: MailServer) -> None:
    due(desk, "clara@straße.de")

    send_tickets()

    assert server.recipients() == ["<clara@xn--strae-oqa.de>"]
    assert server.mails[0]["To"] == "clara@xn--strae-oqa.de"


def test_a_mailbox_beyond_ascii_is_written_as_it_is(
    desk: Desk, server: MailServer, has_smtputf8: bool, caplog: pytest.LogCaptureFixture
) -> None:
    Product.objects.update(internal_name="Caiaque no rio São João")
    first = due(desk, "jürgen@müller.example", first_name="Jürgen")
    second = due(desk, "clara@example.com")

    with caplog.at_level(logging.INFO):
        send_tickets()

    first.refresh_from_db()
    second.refresh_from_db()
    assert second.tickets_due_at is None, "another address holds no mail up"
    assert (first.tickets_due_at is None) == has_smtputf8
    if not has_smtputf8:
        assert server.recipients() == ["<clara@example.com>"]
        assert f"{first.supplier_reference} were not sent: SMTPNotSupportedError" in caplog.text
        assert "müller" not in caplog.text
        return
    assert server.recipients() == ["<jürgen@xn--mller-kva.example>", "<clara@example.com>"]
    mail = server.mails[0]
    assert mail["To"] == "jürgen@xn--mller-kva.example"
    assert mail["Subject"] == "Your tickets: Caiaque no rio São João"
    body = mail.get_body(("plain",))
    assert body is not None
    assert "Hello Jürgen Duarte," in body.get_content()
    assert first.voucher_code in body.get_content()


def test_an_answer_goes_to_the_supplier_where_every_server_can_send_it(
    desk: Desk, server: MailServer
) -> None:
    supplier = add_supplier()
    addresses = ["olá@rio.example", "hello@río.example"]
    for address in addresses:
        supplier.email = address
        supplier.save()
        due(desk, "clara@example.com")
        send_tickets()

    assert [mail["Reply-To"] for mail in server.mails] == [None, "hello@xn--ro-nja.example"]


@pytest.mark.parametrize(
    "stored", ["a..b@example.com", "clara@example.com\nBcc: eve@example.com", "nonsense"]
)
def test_an_address_from_before_is_tried_or_fails_alone(
    desk: Desk, server: MailServer, stored: str
) -> None:
    booking = due(desk, "clara@example.com")
    desk.change(booking, contact={"emailAddress": stored})
    due(desk, "bea@example.com")

    send_tickets()

    assert server.recipients()[-1] == "<bea@example.com>"
    assert "eve@example.com" not in str(server.commands)
    assert ("<a..b@example.com>" in server.recipients()) == (stored == "a..b@example.com")


def test_a_mail_is_headed_by_no_advertisement(desk: Desk, server: MailServer) -> None:
    Product.objects.update(internal_name="kayak\r\nBcc: eve@example.com\r\n\r\nWin a prize")
    booking = due(desk, "stranger@example.com", first_name="WIN www.prizes.example", last_name="")
    desk.change(
        booking,
        contact={
            "fullName": "Dear Sir,\r\n\r\nyou won!\r\nhttp://prizes.example\r\n",
            "emailAddress": "stranger@example.com",
        },
    )

    send_tickets()

    (mail,) = server.mails
    body = mail.get_body(("plain",))
    assert body is not None
    assert body.get_content().startswith("Hello,\r\n")
    assert "prizes.example" not in body.get_content()
    assert server.recipients() == ["<stranger@example.com>"]
    assert mail["Bcc"] is None
    assert mail["Subject"] == "Your tickets: kayak Bcc: eve@example.com Win a prize"
