"""The content of a ticket's or voucher's QR code: the URL of its scan page, ending with its code.

Any camera opens the URL, where signed-in staff redeem the ticket. Older tickets hold the code
alone, and staff type codes, so :func:`scanned_code` reads both.
"""

import re
from urllib.parse import quote, unquote

from django.conf import settings

from shared_domain import bookings

#: Where the scan page is, below the admin.
SCAN_PATH = "/admin/scan/"


def qr_code_content(code: str) -> str:
    """Return the content of the QR code for a code: ``https://…/admin/scan/7Q4M…/``."""
    return f"{settings.PUBLIC_URL}{SCAN_PATH}{quote(code, safe='')}/"


def unwrap_code(typed: str) -> str:
    """Return the code in the URL of a scan page, which a hand scanner types; else the text."""
    in_address = re.search(rf"{SCAN_PATH}([^/?#]+)", typed)
    return unquote(in_address[1]) if in_address else typed


def scanned_code(scanned: str) -> str:
    """Return the normalised code in a scanned or typed text: the URL of a scan page, or a code.

    Blanks, signs and case are ignored, and O, I and L are read as 0, 1 and 1: Crockford's base 32
    has none of them. In a code, but not in a reference (``PT-…``), hyphens are ignored too.
    """
    text = unwrap_code(scanned)
    code = bookings.correct_misread(re.sub(r"[^A-Z0-9-]", "", text.upper()))
    return code if code.startswith("PT-") else code.replace("-", "")
