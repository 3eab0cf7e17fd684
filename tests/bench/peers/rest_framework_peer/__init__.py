"""Django REST framework: authentication and permission classes, nested serializers, API views."""
