"""What is known of an endpoint: its view's serializers, settings and code, and its traffic."""
