"""The guide's view: the manifest of one departure on a telephone, by a link that staff send.

=========  =====================================================================================
links      the signed link: which departure, and until when it is valid
limits     how often a link may be asked, and an address with links that are none
views      ``/guide/<link>/``: no session, no account, no cookie; only the manifest's buttons
=========  =====================================================================================

Who has the link sees who travels, without e-mail addresses, and checks guests in; the history says
that it was done by the guide's link. Staff make all links of a departure invalid on its page.
"""
