"""The page of one booking: a head with its buttons, and panels beneath it.

To add a panel: write a function that takes the request and the booking and returns the context of
its template, or None where there is nothing to show; write the template as
``bookings/page/<name>.html`` (of any app); and list both in ``panels.PANELS``. The panels are those
of ``core_site/admin_kit/change_pages``.

head       guest, product, time, party, price, and the buttons for the actions of its state
panels     ``PANELS``, in the order of the page, and the functions of the small ones
details    the references, codes and moments of a booking
timeline   every step of the booking, newest first; ``money_steps`` has payments and exemptions
"""
