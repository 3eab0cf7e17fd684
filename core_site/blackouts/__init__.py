"""Staff close days of a product or of a place, and open them again."""
