"""Partners and their API keys: tables, migrations and the staff's pages."""
