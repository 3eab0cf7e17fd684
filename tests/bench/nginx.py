"""nginx in front of the upstream that the door has behind it: what passing on costs elsewhere."""

import shutil
import subprocess
from pathlib import Path

from deploy import ports

#: Everything that it writes is below the folder it is started with. Connections are kept on both
#: sides, for longer than a turn: after a thousand requests it would close them by itself.
CONFIGURATION = """\
daemon off;
worker_processes 1;
pid nginx.pid;
error_log stderr warn;
events { worker_connections 512; }
http {
    access_log off;
    client_body_temp_path client_body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    keepalive_requests 1000000000;
    upstream django {
        server %(host)s:%(django_port)d;
        keepalive 32;
        keepalive_requests 1000000000;
    }
    server {
        listen %(host)s:%(port)d;
        location / {
            proxy_pass http://site;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            # What the door tells the upstream and the caller, too.
            proxy_set_header Host $http_host;
            proxy_set_header X-Forwarded-For $remote_addr;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_set_header X-Forwarded-Host $http_host;
            proxy_set_header X-Request-Id $request_id;
            add_header X-Request-Id $request_id;
        }
    }
}
"""


def why_left_out() -> str | None:
    """Return why it cannot be measured; None when it can."""
    return None if shutil.which("nginx") else "there is no nginx on PATH"


def version() -> str:
    asked = subprocess.run(["nginx", "-v"], capture_output=True, text=True, check=True)
    return asked.stderr.strip().rpartition("/")[2]


def command(folder: Path, *, port: int, django_port: int) -> list[str | Path]:
    """Write its configuration into a folder of its own, and return what starts it there."""
    folder.mkdir()
    configuration = folder / "nginx.conf"
    values = {"host": ports.HOST, "port": port, "django_port": django_port}
    configuration.write_text(CONFIGURATION % values)
    return ["nginx", "-p", f"{folder}/", "-c", configuration, "-e", "stderr"]
