"""The front door: every request from outside comes in here. Start reading at ``app.py``."""
