"""A shop's endpoints about boats, as any Django shop might have written them."""

from typing import Any, ClassVar, TypedDict

from django.core.validators import RegexValidator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.views.decorators.http import require_GET
from rest_framework import generics, serializers, status, viewsets
from rest_framework.authentication import BaseAuthentication
from rest_framework.decorators import api_view
from rest_framework.pagination import PageNumberPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core_site.users.models import User
from shared_domain.partners import Scope


class Crew(TypedDict):
    name: str
    years: int


class HarbourSerializer(serializers.Serializer):
    """Where a boat lies."""

    code = serializers.SlugField(max_length=12)
    opensAt = serializers.TimeField()


class BoatSerializer(serializers.Serializer):
    id = serializers.UUIDField(read_only=True)
    name = serializers.CharField(min_length=2, max_length=40, help_text="As painted on the hull.")
    secret = serializers.CharField(write_only=True, required=False)
    kind = serializers.ChoiceField(choices=["kayak", "canoe"])
    seats = serializers.IntegerField(min_value=1, max_value=12, default=2)
    price = serializers.DecimalField(max_digits=8, decimal_places=2)
    weight_kg = serializers.FloatField(required=False, allow_null=True)
    builtOn = serializers.DateField(source="built_on", allow_null=True)
    createdAt = serializers.DateTimeField(source="created_at", read_only=True)
    harbour = HarbourSerializer(allow_null=True)
    formerHarbours = HarbourSerializer(many=True, required=False)
    tags = serializers.ListField(child=serializers.CharField(max_length=20), max_length=5)
    depths = serializers.DictField(child=serializers.IntegerField())
    isFast = serializers.BooleanField()
    crew = serializers.SerializerMethodField()
    owed = serializers.SerializerMethodField()
    extra = serializers.JSONField(read_only=True)
    date = serializers.DateField(format="%d.%m.%Y", read_only=True)
    mail = serializers.EmailField(required=False)
    plate = serializers.CharField(validators=[RegexValidator(r"^[A-Z]{2}-[0-9]+\Z")])

    def get_crew(self, boat: object) -> list[Crew]:
        return []

    def get_owed(self, boat):  # type: ignore[no-untyped-def]
        return 1


class GuestSerializer(serializers.ModelSerializer):
    class Meta:
        model = User
        fields = ["id", "partner", "email", "age"]


class Pages(PageNumberPagination):
    page_size = 10


class Boats(generics.ListCreateAPIView):
    queryset: ClassVar[list[Any]] = []
    serializer_class = BoatSerializer
    pagination_class = Pages
    scopes: ClassVar = {"GET": Scope.CATALOG_READ, "POST": Scope.BOOKINGS_WRITE}


class OneBoat(generics.RetrieveUpdateDestroyAPIView):
    queryset: ClassVar[list[Any]] = []
    serializer_class = BoatSerializer
    scopes: ClassVar = {"GET": "catalog:read", "PATCH": "boats:write"}


class Guests(APIView):
    authentication_classes: ClassVar[list[type[BaseAuthentication]]] = []

    def get(self, request: Request) -> Response:
        guests = GuestSerializer(User.objects.all(), many=True)
        return Response(guests.data)


class Trips(viewsets.ViewSet):
    def create(self, request: Request) -> Response:
        trip = TripSerializer(data=request.data)
        trip.is_valid(raise_exception=True)
        return Response(trip.data, status=status.HTTP_201_CREATED)


class TripSerializer(serializers.Serializer):
    to = serializers.CharField(max_length=20)
    guests = serializers.ListField()
    notes = serializers.DictField()


@api_view(["POST"])
def launch(request: Request, pk: int) -> Response:
    if not request.data:
        return Response({"detail": "nothing"}, status=400)
    return Response(status=204)


@require_GET
def tides(request: HttpRequest, port: str) -> HttpResponse:
    return JsonResponse({"port": port, "tides": [], "day": request.GET.get("day")})


urlpatterns = [
    path("v1/boats", Boats.as_view()),
    path("v1/boats/<uuid:pk>", OneBoat.as_view()),
    path("v1/boats/<int:pk>/launch", launch),
    path("v1/guests", Guests.as_view()),
    path("v1/tides/<str:port>", tides),
    path("v1/trips", Trips.as_view({"post": "create"})),
]
