"""Today, the admin's index page: departures, rows that wait for staff, and recent sales.

page         the context of the page, by the staff user's permissions; Unfold calls it
days         the load of today and tomorrow, and the next departures
tiles        ``TILES``: counts of rows that wait, each with a link to the list of these rows
sales        the revenue of the last 30 days, as a chart

To add a tile: write a function that returns its figure, and list it in ``TILES`` with the
permission that its list needs. A test follows every link and compares the counts.
"""
