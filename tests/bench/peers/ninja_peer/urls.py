from django.urls import path

from tests.bench.peers.ninja_peer.api import api

urlpatterns = [path("octo/", api.urls)]
