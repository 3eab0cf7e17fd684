"""The endpoints that Django serves to partners, under ``/v1``."""

from django.urls import path

from core_site.partner_api import statements, users

urlpatterns = [
    path("users", users.UserList.as_view()),
    path("users/<str:id>", users.UserDetail.as_view()),
    path("statements", statements.StatementList.as_view()),
    path("statements/<str:month>", statements.Statement.as_view()),
]
