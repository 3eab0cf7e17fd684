"""Staff's pages on messages to guests.

log_admin       the list of messages, and the page of one
failures        what failed and can be sent again, what is stuck, and the list's filter
resend          send one again, to the guest or to another address
panel           the messages of a booking, on its page
notes_admin     what the supplier adds to its messages, where guests meet and what they bring
preview         a letter in all languages, of an invented booking or of a chosen one
departure_note  a note to every guest of a departure
"""
