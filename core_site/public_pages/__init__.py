"""Pages without a sign-in: the landing page, the error pages, and the icon.

They do not use the database, so that they work while it is unavailable.
"""
