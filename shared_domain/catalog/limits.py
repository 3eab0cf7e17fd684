"""Limits of the catalogue's numbers: within them no arithmetic of Portico can fail.

Forms say each limit beside its field, CHECK constraints hold whatever writes to it, and what was
stored above it before there were limits counts as the limit.
"""

from datetime import date

#: Of a cut-off or a duration: a leap year. Departures exist for 400 days ahead.
LONGEST_DAYS = 366
LONGEST_MINUTES = LONGEST_DAYS * 24 * 60

#: Tickets in one booking; the API takes no more ``unitItems``.
MOST_TICKETS = 1_000

#: Places that one ticket takes: the largest ship, chartered whole.
MOST_PLACES_OF_A_TICKET = 1_000

#: Places of one departure: ten full bookings, of the most tickets with the most places each.
HIGHEST_CAPACITY = 10 * MOST_TICKETS * MOST_PLACES_OF_A_TICKET

OLDEST_AGE = 150

#: Start times in one schedule: one every quarter of an hour.
MOST_START_TIMES = 96

#: Opening periods of one day.
MOST_OPENING_PERIODS = 24

#: Units of which one must come with a ticket.
MOST_ACCOMPANYING = 50

MOST_CURRENCIES = 50

#: Seasons begin and end in between; a year such as 0026 is a slip of the hand.
FIRST_DATE = date(2000, 1, 1)
LAST_DATE = date(2199, 12, 31)
