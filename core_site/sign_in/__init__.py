"""Sign-in of staff: wrong passwords are throttled, and checking them cannot saturate Django.

    attempt ──▶ counted by account and address ──▶ refused: too many
                                               └─▶ password checked, one at a time ──▶ signed in
                                                                                  └──▶ logged

``throttling`` counts and refuses attempts, ``backends`` calls it before every password check, and
``forms`` shows the reason. Account names and addresses are stored and logged as keyed hashes only.
The usual library, django-axes, stores both in plain text, with the form and the browser of each
attempt, and its record of an attempt grows as long as it is repeated.
"""
