"""Messages to guests: what is queued, how it is written and sent, and what became of it.

letters/    a letter in English, German or Portuguese, as text and as HTML, from a booking
sending/    hand a letter to the mail server, in the transaction that settles its row in the queue
office/     the log, sending again, the supplier's own notes with their preview, notes to departures
limits.py   how many mails a booking and its partner may cause, and what is kept instead of sent

The rules are in ``shared_domain/messages``.
"""
