"""Users as they are asked for and answered."""

from rest_framework import serializers

from core_site.partner_api.fields import Text, WholeNumber, WholeNumberInQuery
from core_site.partner_api.strict_serializer import Parameters, StrictSerializer
from shared_domain import users


class NewUserSerializer(StrictSerializer):
    """With ``partial=True``, what to change."""

    email = Text(
        min_length=users.SHORTEST_EMAIL,
        max_length=users.LONGEST_EMAIL,
        pattern=users.EMAIL_PATTERN,
        advice="must not contain blanks or control characters",
    )
    age = WholeNumber(min_value=0, max_value=users.OLDEST_AGE)


class UserSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    email = serializers.CharField()
    age = serializers.IntegerField()
    createdAt = serializers.DateTimeField(source="created_at")
    updatedAt = serializers.DateTimeField(source="updated_at")


class PageSerializer(serializers.Serializer):
    items = UserSerializer(many=True, source="users")
    nextCursor = serializers.CharField(source="next_cursor")


class ListParameters(Parameters):
    limit = WholeNumberInQuery(
        min_value=1, max_value=users.LARGEST_PAGE_SIZE, default=users.DEFAULT_PAGE_SIZE
    )
    cursor = Text(default=None)
