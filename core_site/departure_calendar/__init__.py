"""Departures by day and week: who goes when, how full each is, and every action a click away.

``calendar`` loads the days, ``views`` is the page ``/admin/departures/``. The change list of
departures stays for searching, filtering by state, and changing many at once.
"""
