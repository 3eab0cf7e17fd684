"""Pages without a sign-in: the landing page, the error pages, and the icon.

They need no database, so that they are there when it is not.
"""
