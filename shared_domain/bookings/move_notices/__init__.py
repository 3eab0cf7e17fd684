"""Move notices: the e-mail that is due to a guest when the departure of a booking has moved."""
