"""Open the TCP ports of the edge and Django before their processes start.

The processes inherit the listening sockets. So a taken port is found before anything starts, and
no other program can take one in between.
"""

import errno
import socket

from deploy.console import SetupError

HOST = "127.0.0.1"

#: How far above the edge's port to search for Django's.
NEIGHBOURS = 50


def listen(port: int) -> socket.socket:
    """Listen on a port; 0 takes any free one.

    Raises:
        SetupError: it is taken, or not allowed to this account.
    """
    opened = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        opened.bind((HOST, port))
        opened.listen(2048)
    except OSError as error:
        opened.close()
        if error.errno == errno.EADDRINUSE:
            raise SetupError(
                f"port {port} is taken by another program; stop it, or choose another port "
                f"with --port."
            ) from error
        raise SetupError(
            f"port {port} cannot be used ({error.strerror}); choose another one with --port."
        ) from error
    return opened


def listen_beside(port: int) -> socket.socket:
    """Listen on the next free port above ``port``, or on any free one if none is near."""
    for neighbour in range(port + 1, min(port + NEIGHBOURS, 65535) + 1):
        try:
            return listen(neighbour)
        except SetupError:
            continue
    return listen(0)


def address(opened: socket.socket) -> str:
    """Return the URL of a listening socket."""
    return f"http://{HOST}:{opened.getsockname()[1]}"
