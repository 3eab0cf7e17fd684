"""``/v1/users``: the users of a partner, who are its own customers."""

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from core_site import stores
from core_site.partner_api.endpoint import PartnerEndpoint
from core_site.partner_api.user_serializers import (
    ListParameters,
    NewUserSerializer,
    PageSerializer,
    UserSerializer,
)
from core_site.rollout.dry_runs import dry_run_is_safe
from shared_domain import users
from shared_domain.partners import Scope
from shared_domain.run_now import run_now

#: Neither mails nor calls follow from a write here, not even events.
ROWS_ONLY = "it writes one user, its history and records of its calls, all in PostgreSQL"


class UserList(PartnerEndpoint):
    scopes = {"GET": Scope.USERS_READ, "POST": Scope.USERS_WRITE}
    serializer_class = UserSerializer

    def get(self, request: Request) -> Response:
        asked = self.read_query(request, ListParameters)
        page = run_now(
            users.list_users(
                access=self.caller.access,
                cursor=asked["cursor"],
                limit=asked["limit"],
                store=stores.users(),
            )
        )
        return Response(PageSerializer(page).data)

    @dry_run_is_safe(ROWS_ONLY)
    def post(self, request: Request) -> Response:
        new = self.read(request, NewUserSerializer(data=request.data))
        with self.one_transaction(request) as write:
            user = run_now(
                users.create_user(
                    email=new["email"],
                    age=new["age"],
                    access=self.caller.access,
                    now=timezone.now(),
                    store=stores.users(),
                )
            )
            location = {"Location": f"/v1/users/{user.id}"}
            return write.answer(Response(UserSerializer(user).data, status=201, headers=location))


class UserDetail(PartnerEndpoint):
    scopes = {
        "GET": Scope.USERS_READ,
        "PATCH": Scope.USERS_WRITE,
        "DELETE": Scope.USERS_WRITE,
    }
    serializer_class = UserSerializer

    def get(self, request: Request, id: str) -> Response:
        self.read(request)
        user = run_now(
            users.get_user(users.parse_user_id(id), access=self.caller.access, store=stores.users())
        )
        return Response(UserSerializer(user).data)

    @dry_run_is_safe(ROWS_ONLY)
    def patch(self, request: Request, id: str) -> Response:
        changed = self.read(request, NewUserSerializer(data=request.data, partial=True))
        with self.one_transaction(request) as write:
            user = run_now(
                users.update_user(
                    users.parse_user_id(id),
                    users.UserChange(**changed),
                    access=self.caller.access,
                    now=timezone.now(),
                    store=stores.users(),
                )
            )
            return write.answer(Response(UserSerializer(user).data))

    @dry_run_is_safe(ROWS_ONLY)
    def delete(self, request: Request, id: str) -> Response:
        self.read(request)
        with self.one_transaction(request) as write:
            run_now(
                users.delete_user(
                    users.parse_user_id(id), access=self.caller.access, store=stores.users()
                )
            )
            return write.answer(Response(status=204))
