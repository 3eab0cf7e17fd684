"""Hand letters to the mail server: at least once each, with the same Message-ID if twice.

delivery        a letter to the server or, of a test, to the log; what became of it
queue           a transaction for each message that is due; what fails is recorded
tickets         confirmations and changes, due by a column of the booking
moves           new times, due by a notice
disruptions     cancelled departures, due by the row of the disruption
outbox          what is owed by a row of the log itself: cancellations, reminders, notes, repeats

Note [At least once]: a booking's row is locked (and skipped by every other worker) while its
message is handed over; then what owed it is settled, and the transaction commits. A worker that
dies between the mail server's "accepted" and the commit leaves it due, and it is sent once more,
with the same Message-ID, by which mailboxes show it once. The other order could lose it.
"""
