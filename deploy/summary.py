"""What ``deploy/up`` prints once all is ready: addresses and logins, as text or as JSON."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from shlex import quote
from typing import Any

from deploy.database_url import Logins
from deploy.virtualenv import PYTHON, ROOT

MANAGE = ROOT / "core_site" / "manage.py"


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """The addresses of a running stack; ``demo`` holds the demo's logins, empty without one."""

    edge_url: str
    logins: Logins
    demo: Mapping[str, Any]
    pids: Mapping[str, int | None]

    @property
    def _docs(self) -> str:
        return f"{self.edge_url}/docs"

    @property
    def _admin(self) -> str:
        return f"{self.edge_url}/admin/"

    @property
    def _curl(self) -> str:
        key = self.demo.get("api_key")
        return f"curl -H 'Authorization: Bearer {key}' {self.edge_url}/octo/products"

    def as_json(self) -> str:
        """Return one line of JSON for scripts."""
        key = self.demo.get("api_key")
        names = ("admin_user", "admin_password", "staff", "api_key", "api_test_key", "api_keys")
        summary = {
            "edge": self.edge_url,
            # Its name in the last release; the next one drops it.
            "front_door": self.edge_url,
            "docs": self._docs,
            "admin": self._admin,
            **{name: self.demo.get(name) for name in names},
            "curl": self._curl if key else None,
            "database_url": self.logins.django,
            "owner_database_url": self.logins.owner,
            "pids": self.pids,
        }
        return json.dumps(summary)

    def as_text(self) -> str:
        """Return the lines that a person reads in the terminal."""
        lines = [
            f"\n  Portico      {self.edge_url}",
            f"  Docs         {self._docs}",
            f"  Admin        {self._admin}",
        ]
        if key := self.demo.get("api_key"):
            lines.append(
                f"    log in as  {self.demo.get('admin_user')} / {self.demo.get('admin_password')}"
            )
            for role, login in (self.demo.get("staff") or {}).items():
                lines.append(f"    {role:<13} {login['user']} / {login['password']}")
            lines.append(f"  API key      {key}")
            if test_key := self.demo.get("api_test_key"):
                lines.append(f"    for tests  {test_key}")
            lines.append(f"\n  List the products that this key may sell:\n\n    {self._curl}")
        else:
            lines.append(
                f"\n  No demo logins. Make the first member of staff:\n\n"
                f"    DATABASE_URL={quote(self.logins.django)} PORTICO_SECRET_KEY=none "
                f"{quote(str(PYTHON))} {quote(str(MANAGE))} createsuperuser"
            )
        lines.append("\n  Ctrl-C stops everything.\n")
        return "\n".join(lines)
