"""Disruptions: staff cancel or move whole departures, with a preview, a job and a report."""
