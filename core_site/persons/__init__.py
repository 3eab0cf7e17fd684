"""Personal data of one guest or user: exported and erased by a page or by ``manage.py person``.

``person_requests`` does both and keeps a record without the person, ``admin`` is the page. Which
columns hold personal data at all is listed in ``core_site/personal_data.py``.
"""
