"""Base classes and mixins of the admin's pages.

    model_admin      the classes that all pages derive from, made of the rest
    hidden_fields    no list can be filtered or searched by what its reader may not see
    defaults         a form that adds a row shows the model's defaults
    bulk_limits      an action on many rows says beforehand how many it takes
    stale_pages      a page that others changed meanwhile overwrites nothing unseen
    (exports)        every list can be exported: ``core_site.exports``
    submit_once      a form that makes something makes it once, reloaded or not

``tests/admin/test_every_page_is_made_of_the_kit.py`` holds every registered page to it, those of
other packages included.
"""
