"""The board of endpoints in the admin: the list, the page of one endpoint, chart and buttons."""
