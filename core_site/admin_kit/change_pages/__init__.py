"""Change pages: what they show beside the form, and the panels beneath it.

context    ``PageContextMixin``: an admin class adds to what its page shows, for rows that exist
panels     ``Panel``: a bounded look at what belongs to a row, for users with its permission

To add a panel to a page: write a function that takes the request and the row and returns the
context of a template, or None where there is nothing to show; and name both in ``panels`` of the
admin class. ``admin_kit/panels.css`` has the classes ``bk-facts``, ``bk-table``, ``bk-list``,
``bk-number`` and ``bk-quiet``; the templates ``admin_kit/panels/table.html`` and ``facts.html`` do
for most panels.
"""
