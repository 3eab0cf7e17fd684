"""What Django serves with the odd settings; ``wrong_edge`` has the other halves."""

from uuid import uuid4

from django.db import connection, transaction
from django.http import HttpResponse, HttpResponseBase
from django.urls import path
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.gzip import gzip_page
from rest_framework.request import Request
from rest_framework.response import Response

from core_site import stores
from core_site.config.urls import urlpatterns as everything_else
from core_site.partner_api.endpoint import PartnerEndpoint
from core_site.partner_api.user_serializers import NewUserSerializer
from shared_domain import users
from shared_domain.partners import Scope
from shared_domain.run_now import run_now
from tests.parity.catalogue import RIGHT
from tests.rollout.odd_outbox import OUTBOX
from tests.rollout.restless import restless_answer
from tests.rollout.risky_views import AllowedDeeds, EndingDeeds, InheritedDeeds


class Odd(PartnerEndpoint):
    scopes = {"GET": Scope.USERS_READ, "POST": Scope.USERS_WRITE}


class Orders(Odd):
    """Makes a user and tells the outbox twice; does nothing when it is asked to."""

    def post(self, request: Request) -> Response:
        new = self.read(request, NewUserSerializer(data=request.data))
        if request.headers.get("X-Django-Does") == "nothing":
            return Response({"ordered": new["age"]}, status=201)
        with self.one_transaction(request):
            user = run_now(
                users.create_user(
                    **new,
                    access=self.caller.access,
                    now=timezone.now(),
                    store=stores.users(),
                )
            )
            with connection.cursor() as cursor:
                for kind in ("order.made", "order.paid"):
                    told = {"partner_id": self.caller.partner_id, "type": kind, "of": user.id}
                    cursor.execute(OUTBOX, told)
        return Response({"ordered": user.age}, status=201)


class Feed(Odd):
    def get(self, request: Request) -> Response:
        return Response(restless_answer(), headers={"X-Ticket": uuid4().hex})


@method_decorator(gzip_page, name="dispatch")
class Packed(Odd):
    """Many rows, packed; how many, the query says."""

    def get(self, request: Request) -> HttpResponseBase:
        rows = int(request.query_params["rows"])
        if "br" in request.headers.get("Accept-Encoding", ""):
            # Nothing here encodes so; what counts is that nothing here decodes it.
            return HttpResponse(b"\x0b\x02", headers={"Content-Encoding": "br"})
        return Response({"rows": [{"number": number} for number in range(rows)]})


class Blind(Odd):
    """Says whether it heard what is meant for the edge alone."""

    def get(self, request: Request) -> Response:
        heard = any(name.startswith("HTTP_PORTICO") for name in request.META)
        return Response({"price": 1999}, headers={"X-Heard": str(heard)})


class Catalogue(Odd):
    """What the catalogue of wrong edges is right about."""

    def get(self, request: Request) -> HttpResponseBase:
        answer = RIGHT.response
        return HttpResponse(answer.body, status=answer.status, headers=dict(answer.headers))


urlpatterns = [
    path("v1/catalogue", Catalogue.as_view()),
    path("v1/orders", Orders.as_view()),
    path("v1/deeds", AllowedDeeds.as_view()),
    path("v1/deeds/ending", EndingDeeds.as_view()),
    path("v1/deeds/inherited", InheritedDeeds.as_view()),
    path("v1/deeds/apart", transaction.non_atomic_requests(AllowedDeeds.as_view())),
    path("v1/feed", Feed.as_view()),
    path("v1/packed", Packed.as_view()),
    path("v1/blind", Blind.as_view()),
    *everything_else,
]

handler404 = "core_site.problem_details.answer_not_found"
