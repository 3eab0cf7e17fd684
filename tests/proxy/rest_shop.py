"""A Django REST framework application in one file, as a legacy upstream."""

import django
from django.conf import settings

settings.configure(
    SECRET_KEY="only for tests",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "rest_framework"],
    MIDDLEWARE=[
        "django.middleware.http.ConditionalGetMiddleware",
        "django.middleware.gzip.GZipMiddleware",
        "django.middleware.common.CommonMiddleware",
    ],
    REST_FRAMEWORK={"UNAUTHENTICATED_USER": None, "DEFAULT_AUTHENTICATION_CLASSES": []},
    USE_TZ=True,
)
django.setup()

from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.urls import path  # noqa: E402
from rest_framework import serializers  # noqa: E402
from rest_framework.request import Request  # noqa: E402
from rest_framework.response import Response  # noqa: E402
from rest_framework.views import APIView  # noqa: E402


class OrderSerializer(serializers.Serializer):  # type: ignore[type-arg]
    name = serializers.CharField(min_length=3)
    places = serializers.IntegerField(min_value=1)


class Orders(APIView):
    def get(self, request: Request) -> Response:
        return Response({"orders": [{"name": "boat", "places": 2}] * 100})

    def post(self, request: Request) -> Response:
        order = OrderSerializer(data=request.data)
        order.is_valid(raise_exception=True)
        return Response(order.data, status=201, headers={"Location": "/orders/1/"})


urlpatterns = [path("orders/", Orders.as_view())]

application = get_wsgi_application()
