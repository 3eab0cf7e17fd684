"""Personal data of one guest or user: exported and erased by a page or by ``manage.py person``.

``person_requests`` exports and erases, and records each request without the person's name;
``admin`` is the page. ``core_site/personal_data.py`` lists the columns with personal data.
"""
