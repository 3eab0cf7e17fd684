"""django-bolt: async handlers, msgspec structs, Django's mapper through its async methods."""
