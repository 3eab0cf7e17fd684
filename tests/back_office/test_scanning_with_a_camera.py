"""A camera that was allowed before reads ticket after ticket; each is answered without a tap.

The camera is Chromium's own, which plays a film that the test has drawn: first a ticket, then a
wall, then the ticket once more.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import segno
from playwright.sync_api import Browser, Page, Playwright, Route, expect

from tests.back_office.sign_in import SignIn
from tests.harness.browser import TELEPHONE, launched_chromium
from tests.harness.waiting import eventually

if TYPE_CHECKING:
    from core_site.bookings.models import Booking
    from tests.admin.staff import Desk

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WIDTH, HEIGHT, FRAMES_A_SECOND = 320, 240, 5
WHITE, BLACK, NO_COLOUR = b"\xeb", b"\x10", b"\x80"

CODE = "F11MED0000000001"


def draw_frame(code: str | None) -> bytes:
    """Return a frame of YUV 4:2:0 with a QR code in its middle, or without one."""
    rows = [bytearray(WHITE * WIDTH) for _ in range(HEIGHT)]
    if code is not None:
        matrix = segno.make_qr(code).matrix
        size = 200 // len(matrix)
        left, top = (WIDTH - size * len(matrix)) // 2, (HEIGHT - size * len(matrix)) // 2
        for y, modules in enumerate(matrix):
            for x, is_dark in enumerate(modules):
                if is_dark:
                    for row in rows[top + y * size : top + (y + 1) * size]:
                        row[left + x * size : left + (x + 1) * size] = BLACK * size
    return b"FRAME\n" + b"".join(rows) + NO_COLOUR * (WIDTH * HEIGHT // 2)


def write_film(path: Path, code: str) -> None:
    head = f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F{FRAMES_A_SECOND}:1 Ip A1:1 C420jpeg\n".encode()
    seconds = [code, None, None, None, None]  # The wall lasts longer than one ticket counts once.
    frames = (draw_frame(shown) * FRAMES_A_SECOND for shown in seconds)
    path.write_bytes(head + b"".join(frames))


@pytest.fixture(scope="module")
def chromium(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    film = tmp_path_factory.mktemp("camera") / "tickets.y4m"
    write_film(film, f"https://tickets.example/admin/scan/{CODE}/")
    with launched_chromium(
        playwright,
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={film}",
    ) as browser:
        yield browser


@pytest.fixture
def desk(transactional_db: None) -> "Desk":
    from tests.admin.staff import Desk, open_shop

    return Desk(open_shop())


def test_the_first_scan_is_green_and_the_second_red(signed_in: SignIn, desk: "Desk") -> None:
    desk.cancelled().unit_items.update(ticket_code="CANCE11ED0000001")
    booking = desk.admissible()
    booking.unit_items.update(ticket_code=CODE)
    page = signed_in("bookings.change_booking", "bookings.view_booking", size=TELEPHONE)
    outside = requests_beyond(page)

    page.goto("/admin/scan/")

    expect(page.locator(".sc-verdict.sc-good")).to_contain_text("Admit 1")
    expect(page.locator(".sc-verdict.sc-bad")).to_contain_text("Already redeemed")
    expect(page.locator(".sc-line-good")).to_contain_text("Admit 1")
    # Typed codes are the fallback; each that does not admit is red, and says why.
    in_eleven_days(desk).unit_items.update(ticket_code="1ATER00000000001")
    for code, headline in (
        ("CANCE11ED0000001", "Cancelled"),
        ("1ATER00000000001", "Wrong day"),
        ("7Q4M-0000-0000-0000", "Unknown code"),
    ):
        page.get_by_label("Code or reference").fill(code)
        page.get_by_role("button", name="Check").click()
        expect(page.locator(".sc-verdict.sc-bad .sc-headline")).to_contain_text(headline)
    assert outside == []
    assert page.evaluate("document.documentElement.scrollWidth") <= TELEPHONE[0]
    booking.refresh_from_db()
    assert booking.status == "REDEEMED"


def test_a_code_typed_while_another_is_checked_waits_for_its_turn(
    signed_in: SignIn, desk: "Desk"
) -> None:
    """A hand scanner types faster than the network at a pier answers."""
    codes = ("F1RST00000000001", "SEC0ND0000000001")
    for code in codes:
        desk.admissible().unit_items.update(ticket_code=code)
    page = signed_in("bookings.change_booking", "bookings.view_booking", size=TELEPHONE)
    page.goto("/admin/scan/")
    held: list[Route] = []
    page.route("**/admin/scan/", lambda route: route.continue_() if held else held.append(route))

    for code in codes:
        page.get_by_label("Code or reference").fill(code)
        page.get_by_label("Code or reference").press("Enter")
    # What the camera sent before is answered first; a route is heard of while the page is asked.
    assert eventually(lambda: page.title() and held)
    held[0].continue_()

    # The camera sees an unknown ticket again and again, before which both become lines.
    expect(page.locator(".sc-line-good")).to_have_count(2)


def test_the_reader_is_loaded_again_after_a_failure(signed_in: SignIn, desk: "Desk") -> None:
    desk.admissible().unit_items.update(ticket_code=CODE)
    page = signed_in("bookings.change_booking", "bookings.view_booking", size=TELEPHONE)
    page.route("**/*.wasm", lambda route: route.abort())

    page.goto("/admin/scan/")

    problem = page.get_by_text("The reader of QR codes could not be loaded.")
    expect(problem).to_be_visible()
    page.unroute("**/*.wasm")
    expect(page.locator(".sc-verdict.sc-good")).to_contain_text("Admit 1")
    expect(problem).to_be_hidden()


def test_the_screen_stays_on_after_a_look_at_another_program(
    signed_in: SignIn, desk: "Desk"
) -> None:
    page = signed_in("bookings.change_booking", "bookings.view_booking", size=TELEPHONE)
    page.add_init_script(
        "window.locks = 0; WakeLock.prototype.request = async () => { window.locks += 1; };"
    )
    page.goto("/admin/scan/")
    page.wait_for_function("window.locks === 1")

    # A browser takes the lock away while another program is in front.
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")

    page.wait_for_function("window.locks === 2")


def in_eleven_days(desk: "Desk") -> "Booking":
    """Return a booking whose ticket admits, though not today."""
    from tests.harness.data import add_departure, days_ahead

    later = add_departure(desk.shop.kayak, starts_at=days_ahead(11))
    return desk.confirmed(availability_id=later.availability_id)


def requests_beyond(page: Page) -> list[str]:
    """Return the list to which requests to other hosts are added from now on."""
    here = page.url.split("/admin/")[0]
    found: list[str] = []

    def note(url: str) -> None:
        if not url.startswith((here, "blob:", "data:")):
            found.append(url)

    page.on("request", lambda request: note(request.url))
    return found
