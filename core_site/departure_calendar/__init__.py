"""The departure calendar of staff: departures by day or week, with their load and actions.

``calendar`` loads the days, ``views`` is the page ``/admin/departures/``. The change list of
departures stays for searching, filtering by state, and changing many at once.
"""
