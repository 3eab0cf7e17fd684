"""Who runs the tours: an invented company from Lisbon with three branches abroad."""

SUPPLIER = {
    "code": "sete-colinas",
    "name": "Sete Colinas Walks & Water",
    "website": "https://sete-colinas.example",
    "email": "ola@sete-colinas.example",
    "telephone": "+351210000118",
    "address": "Rua dos Remédios 118, 1100-453 Lisboa, Portugal",
}

#: What one euro is taken for in the price list, and the step that prices are rounded to,
#: both in minor units.
EXCHANGE = {"EUR": (100, 50), "GBP": (86, 50), "JPY": (160, 100)}
