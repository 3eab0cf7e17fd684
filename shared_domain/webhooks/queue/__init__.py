"""The queue of deliveries: which endpoint is due, what is sent next, and when again.

schedule     when a failed delivery is tried again; when an endpoint is held back or disabled
run          what one delivery run of an endpoint sends, in which order, and the outcomes
model        an endpoint that was claimed by a worker, with what waits for it
sql_store    marks endpoints as due, claims them, records what was sent

An endpoint is a row of ``webhooks_queue``: a cursor of the log, and ``due_at``. A worker claims
those that are due for ``LEASE``, sends what they are owed, and stores cursor and deliveries in one
transaction. One that dies leaves its claims to run out: what it sent without storing it is sent
again, in the same order, with the same ``webhook-id``.
"""
