"""Today, the admin's first page: what runs, what waits for staff, and what was sold lately.

page         puts together what the staff user may see; Unfold calls it for the index page
days         how full today and tomorrow are, and the departures that leave next
tiles        ``TILES``: counts of rows that wait, each with a link to the list of exactly these
sales        the revenue of the last 30 days, as a chart

To add a tile: write a function that returns its figure, and list it in ``TILES`` with the
permission that its list needs. A test follows every link and compares the counts.
"""
