"""Private names of aiohttp, uvicorn, gunicorn and psycopg that Portico uses exist as installed.

An update that removes one fails here with a sentence, instead of in a request of a caller.
"""

import ast
import inspect
import textwrap
import tomllib
from functools import cache
from importlib.metadata import version

import pytest
from aiohttp import BaseConnector, ClientRequest
from aiohttp.client_proto import ResponseHandler
from aiohttp.connector import Connection
from gunicorn.app.wsgiapp import WSGIApplication
from gunicorn.arbiter import Arbiter
from gunicorn.workers import gthread
from gunicorn.workers.base import Worker
from gunicorn.workers.workertmp import WorkerTmp
from psycopg import errors
from uvicorn.config import Config
from uvicorn.lifespan.on import LifespanOn
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import Server, ServerState
from uvicorn_worker import UvicornWorker

from tests.harness.databases import ROOT

#: By library, user and owner: attributes and methods, and parameters as ``method(parameter)``.
USED = {
    ("aiohttp", "api_edge/proxy/forwarding.py", ResponseHandler): (
        "_drain_helper read read_timeout start_timeout transport writing_paused"
    ),
    ("aiohttp", "api_edge/proxy/upstream.py", ResponseHandler): (
        "should_close transport"
        " set_response_params(skip_payload) set_response_params(read_until_eof)"
        " set_response_params(auto_decompress) set_response_params(read_timeout)"
        " set_response_params(read_bufsize) set_response_params(max_line_size)"
        " set_response_params(max_field_size) set_response_params(max_headers)"
    ),
    ("aiohttp", "api_edge/proxy/upstream.py", BaseConnector): (
        "close connect(req) connect(traces) connect(timeout)"
    ),
    ("aiohttp", "api_edge/proxy/upstream.py", ClientRequest): "__init__(loop)",
    ("aiohttp", "api_edge/proxy/upstream.py", Connection): "close protocol release",
    ("uvicorn", "api_edge/proxy/strict_http.py", HttpToolsProtocol): (
        "_should_upgrade _unset_keepalive_if_required client connection_lost connection_made cycle"
        " data_received expect_100_continue flow handle_websocket_upgrade headers logger loop"
        " on_body on_header on_headers_complete on_message_begin on_message_complete"
        " on_response_complete parser pipeline resume_writing scope server_state"
        " timeout_keep_alive_handler timeout_keep_alive_task transport url"
    ),
    ("uvicorn", "api_edge/proxy/strict_http.py", RequestResponseCycle): (
        "default_headers disconnected keep_alive message_event more_body response_complete"
        " response_started scope transport waiting_for_100_continue"
    ),
    ("uvicorn", "api_edge/proxy/strict_http.py", FlowControl): "read_paused",
    ("uvicorn", "api_edge/proxy/server.py", ServerState): "connections tasks",
    ("uvicorn", "api_edge/proxy/server.py", Server): "on_tick server_state servers",
    ("uvicorn", "api_edge/proxy/server.py", LifespanOn): (
        "config logger should_exit shutdown startup state"
    ),
    ("uvicorn", "api_edge/proxy/server.py", Config): "loaded_app",
    ("uvicorn", "api_edge/proxy/worker.py", Config): "app lifespan_class load",
    ("uvicorn", "api_edge/proxy/worker.py", Server): "serve(sockets) started",
    ("uvicorn-worker", "api_edge/proxy/worker.py", UvicornWorker): (
        "CONFIG_KWARGS _install_sigquit_handler _serve cfg config init_process log ppid sockets"
        " wsgi"
    ),
    ("gunicorn", "api_edge/proxy/worker.py", Arbiter): "WORKER_BOOT_ERROR",
    ("gunicorn", "deploy/rolling_release.py", Arbiter): (
        "LISTENERS WORKERS WORKER_BOOT_ERROR app cfg kill_worker log manage_workers num_workers pid"
        " reap_workers reload run setup spawn_worker stop timeout wait_for_signals(timeout)"
        " worker_age worker_class"
    ),
    ("gunicorn", "deploy/rolling_release.py", Worker): "age pid tmp",
    ("gunicorn", "deploy/fork_server.py", Arbiter): (
        "SIGNALS WORKERS WORKER_BOOT_ERROR cfg log spawn_worker worker_age worker_class"
    ),
    ("gunicorn", "deploy/fork_server.py", WorkerTmp): "fileno",
    ("gunicorn", "deploy/rolling_release.py", WSGIApplication): "app_uri",
    ("gunicorn", "deploy/rolling_release.py", gthread): "STOP_KEEPALIVE_LINGER",
    ("psycopg", "api_edge/postgresql/pool.py", errors): "_WaitTimeout",
}


@cache
def attribute_names(owner: type) -> set[str]:
    """Return the attributes of a class or module, those that its methods assign included."""
    names = set(dir(owner))
    for part in getattr(owner, "__mro__", ()):
        if part.__module__.partition(".")[0] in {"builtins", "asyncio", "abc", "typing"}:
            continue
        tree = ast.parse(textwrap.dedent(inspect.getsource(part)))
        names |= {
            node.attr
            for node in ast.walk(tree)
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)
        }
    return names


@pytest.mark.parametrize(
    ("library", "user", "owner", "name"),
    [(*place, name) for place, names in USED.items() for name in names.split()],
)
def test_each_is_there(library: str, user: str, owner: type, name: str) -> None:
    attribute, _, parameter = name.rstrip(")").partition("(")
    is_there = attribute in attribute_names(owner) and (
        not parameter or parameter in inspect.signature(getattr(owner, attribute)).parameters
    )

    assert is_there, (
        f"{library} {version(library)} has no {owner.__name__}.{name} any more, which {user} uses: "
        f"pin the version before in pyproject.toml, or change {user}"
    )


def test_the_versions_are_pinned_exactly() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    pinned = {
        text.partition("==")[0].partition("[")[0]
        for text in project["dependencies"]
        if "==" in text
    }

    assert {library for library, _, _ in USED} <= pinned
