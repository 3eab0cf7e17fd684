"""The manifest of a departure in the admin: on the departure's page, printed, and as CSV."""
