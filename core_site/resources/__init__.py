"""Resources (guides, boats, vehicles, equipment): pages, assignments, and a guide's own week."""
