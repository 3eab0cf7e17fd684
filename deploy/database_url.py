"""Database URLs of the owner, Django and edge roles: make, change and check them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlencode

import psycopg
from psycopg.conninfo import conninfo_to_dict

from deploy.console import SetupError

EXAMPLE = "postgresql://user:password@host:5432/database"

#: Source: DESIGN.md, "The database".
OLDEST_VERSION = 15

#: A server that accepts the connection and then never answers must not block the start.
CONNECT_TIMEOUT_SECONDS = 5


def with_parts(url: str, **changed: str) -> str:
    """Return the URL with parts replaced, by libpq's names (user, password, dbname).

    An empty part is omitted.
    """
    parts = {name: str(part) for name, part in conninfo_to_dict(url).items()} | changed
    user, password, host, port, database = (
        parts.pop(name, "") for name in ("user", "password", "host", "port", "dbname")
    )
    if "/" in host or "," in host or not host:
        # A socket's folder or several servers can only be given as parameters.
        parts |= {name: part for name, part in (("host", host), ("port", port)) if part}
        server = ""
    else:
        server = (f"[{host}]" if ":" in host else host) + (f":{port}" if port else "")
    account = quote(user, safe="") + (f":{quote(password, safe='')}" if password else "")
    return (
        f"postgresql://{account}{'@' if account else ''}{server}/{quote(database, safe='')}"
        f"{'?' if parts else ''}{urlencode(parts, quote_via=quote)}"
    )


#: What the names of roles that `up` makes end with, and those of their passwords in the data
#: folder. Django's keeps an older word: a role cannot be renamed while processes log in as it.
ROLE_SUFFIXES = {"django": "site", "edge": "edge"}


@dataclass(frozen=True, kw_only=True)
class Logins:
    """The database URLs of the three roles for one database."""

    owner: str
    django: str
    edge: str

    @classmethod
    def from_environment(
        cls, owner: str, environment: Mapping[str, str], secret: Callable[[str], str]
    ) -> "Logins":
        """Return the logins that the environment gives; derive the others from the owner's.

        ``DATABASE_URL`` alone is the owner's login. Beside ``OWNER_DATABASE_URL`` it is Django's.

        Raises:
            SetupError: a given login is malformed, or names no user.
        """
        variables = {"edge": "EDGE_DATABASE_URL"}
        if environment.get("OWNER_DATABASE_URL"):
            variables["django"] = "DATABASE_URL"
        logins = {}
        for role, suffix in ROLE_SUFFIXES.items():
            variable = variables.get(role, "")
            if url := environment.get(variable):
                if "user" not in _parts(url, variable):
                    raise SetupError(f"{variable} names no user; it looks like {EXAMPLE}")
                logins[role] = url
            else:
                password = secret(f"{suffix}_password")
                logins[role] = with_parts(
                    owner, user=f"{database_name(owner)}_{suffix}", password=password
                )
        return cls(owner=owner, **logins)

    @property
    def passwords(self) -> dict[str, str]:
        """The passwords of Django and edge as ``manage.py grant_roles`` reads them; "" for none."""
        return {
            "PORTICO_DJANGO_PASSWORD": _password(self.django),
            "PORTICO_EDGE_PASSWORD": _password(self.edge),
        }

    def check(self) -> None:
        """Log in once as Django and as the edge.

        Raises:
            SetupError: a login is refused.
        """
        for role, url in (("Django", self.django), ("the edge", self.edge)):
            try:
                psycopg.connect(url, connect_timeout=CONNECT_TIMEOUT_SECONDS).close()
            except psycopg.OperationalError as error:
                variables = {
                    "Django": "DATABASE_URL (and the owner's in OWNER_DATABASE_URL)",
                    "the edge": "EDGE_DATABASE_URL",
                }
                if "password" not in str(error):
                    variable = variables[role].partition(" ")[0]
                    raise SetupError(_why_refused(error, url=url, variable=variable)) from error
                raise SetupError(
                    f"{role}'s role {user_name(url)!r} cannot log in at {display_name(url)}; "
                    f"perhaps another Portico uses it, with another password. Give its login in "
                    f"{variables[role]}, or give it a new password with --set-passwords, which "
                    f"shuts the other one out."
                ) from error


def _password(url: str) -> str:
    return str(conninfo_to_dict(url).get("password") or "")


def user_name(url: str) -> str:
    return str(conninfo_to_dict(url)["user"])


def database_name(url: str) -> str:
    return str(conninfo_to_dict(url)["dbname"])


def display_name(url: str) -> str:
    """Return host, port and database, without the password, to show and to compare databases.

    The socket folder of an embedded server is left out: it is a new one at every start.
    """
    parts = conninfo_to_dict(url)
    host = str(parts.get("host", "this machine"))
    host = "a local socket" if host.startswith("/") else host
    return f"{host}:{parts.get('port', 5432)}/{parts['dbname']}"


def check(url: str, *, variable: str = "DATABASE_URL") -> str:
    """Check that Portico can use a database, and return its version and address to show.

    The result holds no password.

    Raises:
        SetupError: the URL is malformed, no server answers, the login is refused, the server is
            too old or read-only, or the owner may not create tables there.
    """
    parts = _parts(url, variable)
    place = display_name(url)
    try:
        connection = psycopg.connect(url, connect_timeout=CONNECT_TIMEOUT_SECONDS)
    except psycopg.OperationalError as error:
        raise SetupError(_why_refused(error, url=url, variable=variable)) from error
    with connection:
        version = connection.info.server_version // 10_000
        if version < OLDEST_VERSION:
            raise SetupError(
                f"{place} is PostgreSQL {version}; Portico needs {OLDEST_VERSION} or newer."
            )
        [(is_replica, may_create)] = connection.execute(
            "SELECT pg_is_in_recovery(),"
            " coalesce(has_schema_privilege(current_schema(), 'CREATE'), false)"
        )
        if is_replica:
            raise SetupError(f"{place} is a read-only replica; point {variable} at the primary.")
        if not may_create:
            raise SetupError(
                f"{parts.get('user', 'the user')} may not create tables in {place}; "
                f"make it the database's owner: ALTER DATABASE … OWNER TO …"
            )
    return f"PostgreSQL {version} at {place}"


def _parts(url: str, variable: str) -> dict[str, str | int | None]:
    """Return libpq's parts of a database URL.

    Raises:
        SetupError: it is malformed, or names no database.
    """
    malformed = SetupError(
        f"{variable} is malformed; it looks like {EXAMPLE} "
        f"(in a password, : / @ are written %3A %2F %40)"
    )
    try:
        parts = conninfo_to_dict(url)
    except psycopg.ProgrammingError as error:
        raise malformed from error
    # An unescaped / in the password makes the rest of it a port, which must not be shown.
    if not str(parts.get("port", "5432")).replace(",", "").isdigit():
        raise malformed
    if "dbname" not in parts:
        raise SetupError(f"{variable} names no database; it looks like {EXAMPLE}")
    return parts


#: What to do without a server of one's own, by the variable that names the owner's login.
_WITHOUT = {
    "DATABASE_URL": ", or unset it to use the embedded one",
    "OWNER_DATABASE_URL": ", or unset it and DATABASE_URL to use the embedded one",
}


def _why_refused(error: psycopg.OperationalError, *, url: str, variable: str) -> str:
    parts, place = conninfo_to_dict(url), display_name(url)
    reason = str(error)
    if f'database "{parts["dbname"]}" does not exist' in reason:
        return (
            f"the database {parts['dbname']!r} does not exist at {place}; "
            f"create it first: createdb {parts['dbname']}"
        )
    if "password" in reason:
        return (
            f"{place} refuses the password of user {parts.get('user')!r}; correct it in {variable}."
        )
    if "FATAL" in reason:
        return f"{place} refuses the connection: {reason.rpartition('FATAL:')[2].strip()}"
    if "invalid response" in reason or "unexpected response" in reason:
        return f"what answers at {place} is not PostgreSQL; correct {variable}."
    last_line = reason.strip().splitlines()[-1].strip()
    other = _WITHOUT.get(variable, "")
    return (
        f"no PostgreSQL server answers at {place} ({last_line}); "
        f"start it, or correct {variable}{other}."
    )
