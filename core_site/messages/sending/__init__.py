"""Delivery of letters to the mail server, at least once each, with one Message-ID for each.

delivery        sends a letter, or stores it if it is of a test, and records the outcome
queue           runs a transaction for each due message, and records failures
tickets         confirmations and changes, due by a column of the booking
moves           new times, due by a notice
disruptions     cancelled departures, due by the row of the disruption
outbox          messages due by a row of the log: cancellations, reminders, notes, repeats

Note [At least once]: a booking's row is locked (and skipped by every other worker) while its
message is sent; then the row that queued the message is settled, and the transaction commits. If a
worker dies between the mail server's "accepted" and the commit, the message stays due and is sent
again, with the same Message-ID, by which mailboxes show it once. The other order could lose it.
"""
