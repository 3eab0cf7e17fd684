"""The events feed: a partner reads what happened and concerns it, by cursor and long poll.

    GET /v1/events?after= ──▶ a page of the log ──▶ bodies ──▶ {"events": […], "nextAfter": …}
            │ nothing yet                            ▲
            └──▶ wait for the log to grow ───────────┘ (``log_watcher``: no connection)

``bodies`` writes what all readers send, webhooks included; ``kinds`` has one model for each type.
"""
