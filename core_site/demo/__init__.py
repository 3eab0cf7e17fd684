"""Demo data: fills an empty database with an invented operator. Installed if PORTICO_DEMO=1."""
