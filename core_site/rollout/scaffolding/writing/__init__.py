"""The modules of an endpoint as text: schemas, endpoint, service and test."""
