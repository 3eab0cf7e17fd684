"""Side effects of a dry run that no database can roll back, detected by Python's audit events.

Files, sockets, processes: both halves refuse them during a dry run, the edge in a process of its
own, Django in the thread that carries it out.
"""

import os
from typing import Any

#: Source: Python's manual, "Audit events table". Refused whatever their arguments.
_REFUSED_EVENTS = frozenset(
    {
        "socket.__new__", "socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg",
        "socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr", "subprocess.Popen",
        "os.system", "os.exec", "os.fork",
        "os.forkpty", "os.posix_spawn", "os.spawn", "os.kill", "os.killpg", "pty.spawn",
        "sqlite3.connect", "os.remove", "os.rename", "os.rmdir", "os.mkdir", "os.link",
        "os.symlink", "os.truncate", "os.chmod", "os.chown", "os.utime", "shutil.move",
        "shutil.copyfile", "shutil.rmtree", "ftplib.connect", "smtplib.connect", "imaplib.open",
        "http.client.connect", "http.client.send", "urllib.Request",
    }
)  # fmt: skip

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def classify_way_out(event: str, arguments: tuple[Any, ...]) -> str | None:
    """Return the name of the side effect of an audit event, None when it is harmless."""
    if event in _REFUSED_EVENTS:
        return event
    if event == "open":
        path, mode, flags = arguments
        is_writing = (isinstance(flags, int) and flags & _WRITING) or (
            isinstance(mode, str) and any(letter in mode for letter in "wax+")
        )
        if is_writing and path != os.devnull:
            return "open-for-writing"
    return None
