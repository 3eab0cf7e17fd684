"""The scan page: a camera reads tickets one after the other, each is redeemed and answered at once.

=========  =====================================================================================
codes      the booking and the tickets behind a code that was scanned or typed
verdicts   the result of a scan, by ``bookings.redeem_booking``: admitted, or why not
views      ``/admin/scan/``, and ``/admin/scan/<code>/`` for any camera that reads a ticket
static/    the camera's part of the page, and the library that reads QR codes
=========  =====================================================================================

A code admits as soon as it is scanned or typed on the page. Opening the address of a ticket shows
the booking with a button, and so does a booking's reference, which is no proof of having paid:
mail programs open addresses by themselves, and references are read aloud.
"""
