"""OCTO's request and response models (Pydantic), with the descriptions that partners read."""
