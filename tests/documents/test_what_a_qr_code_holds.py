"""A ticket's QR code holds an https address with its code; the bare code is read as well."""

import pytest
from django.test import override_settings

from core_site.documents import qr_code_content, scanned_code


def test_any_camera_opens_the_scan_page() -> None:
    with override_settings(PUBLIC_URL="https://tours.example"):
        content = qr_code_content("0123456789ABCDEF")

    assert content == "https://tours.example/admin/scan/0123456789ABCDEF/"
    assert scanned_code(content) == "0123456789ABCDEF"


@pytest.mark.parametrize(
    ("scanned", "code"),
    [
        (" 0123 4567 89ab cdef ", "0123456789ABCDEF"),
        ("O123-4567-89AB-CDEF", "0123456789ABCDEF"),
        ("pt-7q4m2k9xra", "PT-7Q4M2K9XRA"),
        ("PT-OIL4M2K9XRA", "PT-0114M2K9XRA"),
        ("http://elsewhere/admin/scan/pt-7q4m2k9xra?x=1", "PT-7Q4M2K9XRA"),
        ("https://[/admin/scan/%00%27/", ""),
        ("🎫", ""),
    ],
)
def test_what_was_scanned_or_typed_becomes_a_code(scanned: str, code: str) -> None:
    assert scanned_code(scanned) == code
