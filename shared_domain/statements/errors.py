"""What a question about statements can get wrong."""


class InvalidMonth(ValueError):
    """The text is not a month of the calendar.

    It is no ``Refused``: a month stands in the path, so each half answers as it does to any other
    part of a request that has the wrong shape, naming the field before this sentence.
    """

    def __init__(self) -> None:
        super().__init__("must be a month such as 2026-07")
