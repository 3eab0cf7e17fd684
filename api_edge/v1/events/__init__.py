"""The events feed: what happened, as the partner that asks may see it, by cursor and long poll.

    GET /v1/events?after= ──▶ a page of the log ──▶ bodies ──▶ {"events": […], "nextAfter": …}
            │ nothing yet                            ▲
            └──▶ wait for the log to grow ───────────┘ (``log_watcher``: no connection)

``bodies`` writes what all readers send, webhooks included; ``kinds`` has one model for each type.
"""
