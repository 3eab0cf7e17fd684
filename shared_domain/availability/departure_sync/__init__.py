"""Departure sync: an option's departures follow its schedules and the clock of its time zone.

Schedule ──plan_all──▶ PlannedDeparture ─┐
                                         ├─plan_changes──▶ DepartureSyncPlan ──▶ rows, events, mails
catalog_departure ───▶ StoredDeparture ──┘                     └─ DepartureChanges: shown to staff

``services`` reads, plans and writes in one transaction; ``preview_departures`` only plans.
"""
