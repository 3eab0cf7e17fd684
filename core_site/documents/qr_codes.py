"""What the QR code of a ticket or voucher holds: an https address that ends with its code.

Any camera opens the address, where staff who are signed in redeem the ticket. Tickets from before
hold the code alone, and staff type codes, so whatever was scanned or typed is read by
:func:`scanned_code`.
"""

import re
from urllib.parse import quote, unquote

from django.conf import settings

#: Where the scan page is, below the admin.
SCAN_PATH = "/admin/scan/"


def qr_code_content(code: str) -> str:
    """Return what the QR code of a ticket or voucher code holds: ``https://…/admin/scan/7Q4M…/``."""
    return f"{settings.PUBLIC_URL}{SCAN_PATH}{quote(code, safe='')}/"


def scanned_code(scanned: str) -> str:
    """Return the code in what was scanned or typed: an address of ours, or the code itself.

    Blanks and signs do not count, nor does case. Of a code, but not of a reference (``PT-…``),
    neither do hyphens, and O, I and L are read as 0 and 1: Crockford's base 32 has none of them.
    """
    in_address = re.search(rf"{SCAN_PATH}([^/?#]+)", scanned)
    text = unquote(in_address[1]) if in_address else scanned
    code = re.sub(r"[^A-Z0-9-]", "", text.upper())
    if code.startswith("PT-"):
        return code
    return code.replace("-", "").translate(str.maketrans("OIL", "011"))
