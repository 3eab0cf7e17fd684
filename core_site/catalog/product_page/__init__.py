"""The panels below the form of a product's page: next departures, options, and sales."""
