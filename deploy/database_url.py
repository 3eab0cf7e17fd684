"""``DATABASE_URL``: changing parts of it, and saying clearly why it cannot be used."""

from urllib.parse import quote, urlencode

import psycopg
from psycopg.conninfo import conninfo_to_dict

from deploy.console import CannotGoOn

EXAMPLE = "postgresql://user:password@host:5432/database"

#: Source: DESIGN.md, "The database".
OLDEST_VERSION = 15

#: A server that accepts the connection and then says nothing must not hang the start.
CONNECT_TIMEOUT_SECONDS = 5


def with_parts(url: str, **changed: str) -> str:
    """Return the URL with some parts (libpq's names: user, password, dbname) replaced.

    A part that is empty is left out.
    """
    parts = {name: str(part) for name, part in conninfo_to_dict(url).items()} | changed
    user, password, host, port, database = (
        parts.pop(name, "") for name in ("user", "password", "host", "port", "dbname")
    )
    if "/" in host or "," in host or not host:
        # A socket's folder, or several servers: both are written as parameters.
        parts |= {name: part for name, part in (("host", host), ("port", port)) if part}
        server = ""
    else:
        server = (f"[{host}]" if ":" in host else host) + (f":{port}" if port else "")
    account = quote(user, safe="") + (f":{quote(password, safe='')}" if password else "")
    return (
        f"postgresql://{account}{'@' if account else ''}{server}/{quote(database, safe='')}"
        f"{'?' if parts else ''}{urlencode(parts, quote_via=quote)}"
    )


def name_of(url: str) -> str:
    return str(conninfo_to_dict(url)["dbname"])


def place_of(url: str) -> str:
    """Return what tells this database from others, fit to be shown: it holds no password.

    An embedded server has a new socket folder at every start, so that does not count.
    """
    parts = conninfo_to_dict(url)
    host = str(parts.get("host", "this machine"))
    host = "a local socket" if host.startswith("/") else host
    return f"{host}:{parts.get('port', 5432)}/{parts['dbname']}"


def check(url: str) -> str:
    """Return a short name of the server and database, when Portico can live there.

    The name is fit to be shown: it holds no password.

    Raises:
        CannotGoOn: it is malformed, nobody answers, the login is refused, the server is too old,
            or its owner may not make tables there.
    """
    malformed = CannotGoOn(
        f"DATABASE_URL is malformed; it looks like {EXAMPLE} "
        f"(in a password, : / @ are written %3A %2F %40)"
    )
    try:
        parts = conninfo_to_dict(url)
    except psycopg.ProgrammingError as error:
        raise malformed from error
    # An unescaped / in the password makes the rest of it a port: it must not be shown.
    if not str(parts.get("port", "5432")).replace(",", "").isdigit():
        raise malformed
    if "dbname" not in parts:
        raise CannotGoOn(f"DATABASE_URL names no database; it looks like {EXAMPLE}")
    place = place_of(url)
    try:
        connection = psycopg.connect(url, connect_timeout=CONNECT_TIMEOUT_SECONDS)
    except psycopg.OperationalError as error:
        raise CannotGoOn(_why_refused(error, place=place, parts=parts)) from error
    with connection:
        version = connection.info.server_version // 10_000
        if version < OLDEST_VERSION:
            raise CannotGoOn(
                f"{place} is PostgreSQL {version}; Portico needs {OLDEST_VERSION} or newer."
            )
        (is_replica, may_create) = connection.execute(
            "SELECT pg_is_in_recovery(),"
            " coalesce(has_schema_privilege(current_schema(), 'CREATE'), false)"
        ).fetchone()
        if is_replica:
            raise CannotGoOn(f"{place} is a read-only replica; point DATABASE_URL at the primary.")
        if not may_create:
            raise CannotGoOn(
                f"{parts.get('user', 'the user')} may not create tables in {place}; "
                f"make it the database's owner: ALTER DATABASE … OWNER TO …"
            )
    return f"PostgreSQL {version} at {place}"


def _why_refused(
    error: psycopg.OperationalError, *, place: str, parts: dict[str, str | int | None]
) -> str:
    reason = str(error)
    if "password" in reason:
        return (
            f"{place} refuses the password of user {parts.get('user')!r}; "
            f"correct it in DATABASE_URL."
        )
    if f'database "{parts["dbname"]}" does not exist' in reason:
        return (
            f"the database {parts['dbname']!r} does not exist at {place}; "
            f"create it first: createdb {parts['dbname']}"
        )
    if "FATAL" in reason:
        return f"{place} refuses the connection: {reason.rpartition('FATAL:')[2].strip()}"
    if "invalid response" in reason or "unexpected response" in reason:
        return f"what answers at {place} is not PostgreSQL; correct DATABASE_URL."
    last_line = reason.strip().splitlines()[-1].strip()
    return (
        f"no PostgreSQL server answers at {place} ({last_line}); "
        f"start it, or correct DATABASE_URL, or unset it to use the embedded one."
    )
