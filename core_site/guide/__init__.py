"""The guide's view: the manifest of one departure on a telephone, by a link that staff send.

=========  =====================================================================================
links      the signed link: its departure, and when it expires
views      ``/guide/<link>/``: no session, no account, no cookie; only the manifest's buttons
=========  =====================================================================================

The edge limits the calls of each IP address, to this page too, over all of its processes
(``api_edge/http/rate_limit.py``). The links need no limit of their own: a forged one is refused by
its signature of 256 bits, before any query, and a poll of a valid one is a single look-up.

A person with the link sees the guests, without e-mail addresses, and checks them in; the history
records the guide's link as the actor. Staff revoke all links of a departure on its page.
"""
