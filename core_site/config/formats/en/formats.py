"""Django's formats of dates and times in the admin: ISO 8601, with the name of the time zone.

Lists, forms and calendars share one notation. A calendar that wrote British dates, and a filter
that read them as American ones, would turn 1 June into 6 January.
"""

DATE_FORMAT = SHORT_DATE_FORMAT = "Y-m-d"
TIME_FORMAT = "H:i"
DATETIME_FORMAT = SHORT_DATETIME_FORMAT = "Y-m-d H:i e"

DATE_INPUT_FORMATS = ["%Y-%m-%d", "%d/%m/%Y"]
DATETIME_INPUT_FORMATS = ["%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M"]
