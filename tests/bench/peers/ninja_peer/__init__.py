"""django-ninja: schemas that read the mapper's objects, an API object, a bearer authentication."""
