"""Guides, boats, vehicles and equipment: their pages, their departures, and a guide's own week."""
