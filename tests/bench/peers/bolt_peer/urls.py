"""django-bolt routes by its own API object; Django only wants the setting to exist."""

urlpatterns = []
