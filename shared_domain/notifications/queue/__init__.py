"""The queue of notifications: which notifications wait, when each is sent, and when it is retried.

model        a notification that waits, a subscription that a worker has claimed, and outcomes
sql_store    writes notifications of the log's events, hands them out, records what was sent

A notification only says what to fetch again. So later events of the same booking, product or
availability are merged into one that waits and was never sent: a subscription has at most one new
notification for each of them, and one that failed. Notifications of one availability are sent at
least a second apart.
"""
