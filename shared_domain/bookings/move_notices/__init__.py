"""Move notices: the mail that a guest is owed when the departure of a booking has another time."""
