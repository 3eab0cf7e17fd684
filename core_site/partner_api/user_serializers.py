"""Serializers of the requests and responses under ``/v1/users``."""

from typing import Any

from rest_framework import serializers

from core_site.partner_api.fields import Text, WholeNumber, WholeNumberInQuery
from core_site.partner_api.strict_serializer import Parameters, StrictSerializer
from shared_domain import contact_data, users


class NewUserSerializer(StrictSerializer):
    """A new user, or with ``partial=True`` the changed fields of one."""

    email = Text(
        min_length=contact_data.SHORTEST_EMAIL,
        max_length=contact_data.LONGEST_EMAIL,
        rule=contact_data.normalise_email,
    )
    age = WholeNumber(min_value=0, max_value=users.OLDEST_AGE)


class UserSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    email = serializers.CharField()
    age = serializers.IntegerField()
    createdAt = serializers.DateTimeField(source="created_at")
    updatedAt = serializers.DateTimeField(source="updated_at")


class PageSerializer(serializers.Serializer[Any]):
    items = UserSerializer(many=True, source="users")
    nextCursor = serializers.CharField(source="next_cursor")


class ListParameters(Parameters):
    limit = WholeNumberInQuery(
        min_value=1, max_value=users.LARGEST_PAGE_SIZE, default=users.DEFAULT_PAGE_SIZE
    )
    cursor = Text(default=None)
