"""How the admin writes dates and times wherever a page does not say it itself: zones are named.

One notation, ISO 8601's, in lists, forms and calendars alike. British dates from the calendar, read
by date filters as American ones, made 6 January of 1 June.
"""

DATE_FORMAT = SHORT_DATE_FORMAT = "Y-m-d"
TIME_FORMAT = "H:i"
DATETIME_FORMAT = SHORT_DATETIME_FORMAT = "Y-m-d H:i e"

DATE_INPUT_FORMATS = ["%Y-%m-%d", "%d/%m/%Y"]
DATETIME_INPUT_FORMATS = ["%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M"]
