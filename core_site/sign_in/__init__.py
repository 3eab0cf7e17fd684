"""Sign-in of staff: wrong passwords are throttled, and checking them cannot saturate Django.

    attempt ──▶ counted by account and address ──▶ refused: too many
                                               └─▶ password checked, one at a time ──▶ signed in
                                                                                  └──▶ logged

``throttling`` counts and refuses, ``backends`` stands before every check of a password, ``forms``
says on the page why and until when. Account names and addresses are stored and logged as keyed
hashes only. django-axes, the usual library, keeps both in plain text, with the form and the
browser of each attempt, and its record of an attempt grows for as long as it is repeated.
"""
