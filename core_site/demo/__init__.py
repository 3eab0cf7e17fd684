"""A believable operator to try Portico with: loaded once, into an empty database."""
