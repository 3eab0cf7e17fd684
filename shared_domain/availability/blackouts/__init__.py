"""Blackout periods: days on which a product, or all products of a place, are not sold.

A blackout closes what is open on its days, and what the schedules generate there later
(``departure_sync.sql_store``). Each departure remembers the blackout that closed it, so that
lifting one opens again what it closed and nothing else: not what staff closed, nor what its
schedule gave up. Staff who open a single departure in a blackout make an exception that stands.
A product whose place changes follows the blackouts of the new place at once.
"""
