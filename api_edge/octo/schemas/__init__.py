"""OCTO's objects as they are on the wire: what is asked, what is answered, and what it means."""
