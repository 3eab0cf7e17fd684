"""Staff cancel or move whole departures: choice, preview, work in the background, report."""
