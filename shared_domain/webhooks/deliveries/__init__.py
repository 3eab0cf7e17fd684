"""Deliveries: what was sent to an endpoint, what came back, and how to have it sent again.

``model`` (a delivery and its attempts, pages of them), ``services`` (list, read, replay, send a
sample), ``sql_store``. A delivery is one event for one endpoint, whatever number of attempts it
takes::

    waiting ──attempt──▶ delivered
       ├────the last attempt of the schedule failed──▶ passed_over
       └────attempt failed──▶ waiting
    delivered, passed_over ──replay──▶ waiting
"""
