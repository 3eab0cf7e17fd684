"""Base classes and mixins of the admin's pages.

    model_admin      ``ModelAdmin`` and inlines, composed of the mixins, for every page
    hidden_fields    refuses filters and searches by columns that the staff user may not see
    defaults         fills add forms with the model's defaults
    bulk_limits      states in the menu how many rows a bulk action takes, and refuses more
    stale_pages      optimistic locking: refuses to save a page that others changed meanwhile
    (exports)        every list can be exported: ``core_site.exports``
    submit_once      idempotent add forms: one row, also when the form is sent again

``tests/admin/test_every_page_is_made_of_the_kit.py`` holds every registered page to it, those of
other packages included.
"""
