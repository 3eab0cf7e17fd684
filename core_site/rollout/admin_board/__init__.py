"""The admin's board of endpoints: the list by stage, a page for each with a chart, and actions."""
