"""Change pages: what they show beside the form, and the panels beneath it.

context    ``PageContextMixin``: the hook by which an admin class adds to its page's context
panels     ``Panel``: a bounded number of related rows, for users with its permissions

To add a panel to a page: write a function that takes the request and the row and returns the
context of a template, or None where there is nothing to show; and name both in ``panels`` of the
admin class. ``admin_kit/panels.css`` has the classes ``bk-facts``, ``bk-table``, ``bk-list``,
``bk-number`` and ``bk-quiet``; the templates ``admin_kit/panels/table.html`` and ``facts.html``
suffice for most panels.
"""
