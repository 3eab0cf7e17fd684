"""Limits of the catalogue's numbers, within which no calculation overflows.

Forms state each limit beside its field, and CHECK constraints enforce it on every write. A value
above its limit that was stored before there were limits is read as the limit.
"""

from datetime import date

#: Of a cut-off or a duration: a leap year. Departures exist for 400 days ahead.
MAX_DURATION_DAYS = 366
MAX_DURATION_MINUTES = MAX_DURATION_DAYS * 24 * 60

#: Tickets in one booking.
MAX_TICKETS = 1_000

#: Places that one ticket takes: the largest ship, chartered whole.
MAX_PLACES_PER_TICKET = 1_000

#: Places of one departure: ten full bookings, of the most tickets with the most places each.
MAX_CAPACITY = 10 * MAX_TICKETS * MAX_PLACES_PER_TICKET

OLDEST_AGE = 150

#: The highest age of a unit that has no limit. Source: OCTO, ``maxAge``.
NO_HIGHEST_AGE = 99

#: Start times in one schedule: one every quarter of an hour.
MAX_START_TIMES = 96

#: Opening periods of one day.
MAX_OPENING_PERIODS = 24

#: Units of which one must come with a ticket.
MAX_ACCOMPANYING = 50

MAX_CURRENCIES = 50

#: Seasons begin and end in between; a year such as 0026 is a typing error.
MIN_DATE = date(2000, 1, 1)
MAX_DATE = date(2199, 12, 31)
