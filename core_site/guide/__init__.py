"""The guide's view: the manifest of one departure on a telephone, by a link that staff send.

=========  =====================================================================================
links      the signed link: which departure, and until when it is valid
views      ``/guide/<link>/``: no session, no account, no cookie; only the manifest's buttons
=========  =====================================================================================

The edge limits how often an address may call, this page included, for all its processes together
(``api_edge/http/rate_limit.py``). No link needs a limit of its own: what is no link is told by its
signature, before any query, and 256 bits are not guessed; a poll of a valid one is a look-up.

Who has the link sees who travels, without e-mail addresses, and checks guests in; the history says
that it was done by the guide's link. Staff make all links of a departure invalid on its page.
"""
