"""Fills an empty database with a believable operator; installed where PORTICO_DEMO=1 only."""
