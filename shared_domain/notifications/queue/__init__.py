"""The queue of notifications: which notifications wait, when each is sent, and when it is retried.

model       a notification that waits, a subscription that a worker has claimed, and outcomes
sql_store   writes notifications of the log's events, hands them out, records what was sent

One that waits and was never sent takes in what happens meanwhile to the same booking, product or
availability: it only says what to fetch again. So a subscription is owed at most one for each, and
one for each that failed. Notifications of one availability are sent a second apart, at least.
"""
