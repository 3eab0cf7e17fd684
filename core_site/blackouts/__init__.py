"""Blackout periods: days on which staff close a product, or every product of a place, to sale."""
