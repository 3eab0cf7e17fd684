"""Errors of requests for statements."""


class InvalidMonth(ValueError):
    """The text is not a month of the calendar.

    It is no ``Refused``: a month is part of the path, so each half answers as to any malformed
    parameter.
    """


class InvalidPlace(ValueError):
    """The text is not the place of a line in a statement: the URL was not made by a page."""
