"""An address that is a key, a guide's link or a ticket's code, is in no line of a log."""

import io
import logging
import logging.config
from copy import deepcopy

import pytest
from django.conf import settings
from django.test import Client


@pytest.mark.parametrize("path", ["/guide/eyJkZXBh:1vT:q9_x-Z", "/admin/scan/T7RKQ2M9XW"])
def test_an_error_of_its_page_names_the_page_only(
    client: Client, db: None, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    handler = deepcopy(settings.LOGGING["handlers"]["console"])
    written = io.StringIO()
    logging_settings = {
        **settings.LOGGING,
        "incremental": False,
        "handlers": {"console": {**handler, "stream": written}},
    }
    logging.config.dictConfig(logging_settings)
    try:
        client.raise_request_exception = False
        monkeypatch.setattr("django.core.handlers.base.BaseHandler.check_response", _fail)

        assert client.get(f"{path}/").status_code == 500
    finally:
        logging.config.dictConfig(settings.LOGGING)

    secret = path.rpartition("/")[2]
    assert "Internal Server Error" in written.getvalue()
    assert secret not in written.getvalue()
    assert path.removesuffix(secret) + "…" in written.getvalue()


def _fail(*args: object, **kwargs: object) -> None:
    raise RuntimeError
