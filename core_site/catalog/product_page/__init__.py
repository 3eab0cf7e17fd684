"""The page of a product beneath its form: next departures, options, and sales."""
