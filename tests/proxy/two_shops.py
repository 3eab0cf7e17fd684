"""The Flask shop and the REST framework shop in one process: a request's Host says which."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from tests.proxy.flask_shop import app as flask_shop
from tests.proxy.rest_shop import application as rest_shop

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

SHOPS: "dict[str, WSGIApplication]" = {"flask.example": flask_shop, "rest.example": rest_shop}


def application(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
    return SHOPS[environ["HTTP_HOST"]](environ, start_response)
