"""Serializers of requests and responses under ``/v1/users``."""

from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from core_site.partner_api.serializers import DigitsField, StrictIntegerField, StrictSerializer
from core_site.text_flaws import say_flaw
from shared_domain import contact_data, users


class CursorField(serializers.Field[Any, Any, Any, Any]):
    """An opaque cursor, which the service validates."""

    def to_internal_value(self, data: str) -> str:
        return data


class NewUserSerializer(StrictSerializer):
    """A new user, or with ``partial=True`` the changed fields of one."""

    email = serializers.CharField()
    age = StrictIntegerField(min_value=0, max_value=users.OLDEST_AGE)

    def validate_email(self, email: str) -> str:
        try:
            return contact_data.normalise_email(email)
        except contact_data.InvalidText as invalid:
            flaw = invalid.flaw
            raise ValidationError(f"This field {say_flaw(flaw)}.", flaw.rule) from None


class UserSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    email = serializers.CharField()
    age = serializers.IntegerField()
    createdAt = serializers.DateTimeField(source="created_at")
    updatedAt = serializers.DateTimeField(source="updated_at")


class PageSerializer(serializers.Serializer[Any]):
    items = UserSerializer(many=True, source="users")
    nextCursor = serializers.CharField(source="next_cursor")


class ListParameters(StrictSerializer):
    limit = DigitsField(
        min_value=1, max_value=users.LARGEST_PAGE_SIZE, default=users.DEFAULT_PAGE_SIZE
    )
    cursor = CursorField(default=None)
