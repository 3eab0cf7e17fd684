"""Django's settings, read from the environment once.

====================== ============================================================
DATABASE_URL            PostgreSQL, as the owner of the tables
PORTICO_DIRECT_DATABASE_URL  where PostgreSQL itself is, when DATABASE_URL leads through PgBouncer
                        in transaction mode; the worker and all commands go there (manage.py)
PORTICO_SECRET_KEY      Django's SECRET_KEY
PORTICO_ALLOWED_HOSTS   comma-separated host names; default: this machine and the public one
PORTICO_PUBLIC_URL      where partners reach the edge, as in https://api.example.com
PORTICO_TRUSTED_PROXIES the proxies in front of the edge, as the edge itself reads them
PORTICO_EMAIL_URL       the mail server: see core_site/config/mail_url.py; default: console:
PORTICO_EMAIL_FROM      who the guests' tickets come from
PORTICO_MAILS_PER_BOOKING  mails with tickets that one booking causes in 24 hours; default: 10
PORTICO_MAILS_PER_PARTNER  mails that one partner's bookings cause in 24 hours; default: 5000
PORTICO_HISTORY_DAYS    how long the audit trail and the events are kept; default: 3653, ten years
PORTICO_CALL_SECONDS    how long a call of an endpoint may take; default: 10, as for the edge
PORTICO_ENDPOINT_PREFIXES  as in /api, /v1: below these paths, every address can move to the edge
PORTICO_DEBUG           1 shows Django's error pages; never in production
====================== ============================================================
"""

import os
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

from core_site.config.formats.en import formats
from core_site.config.mail_url import mail_settings
from shared_domain.postgres import connection_parameters

SITE_DIR = Path(__file__).resolve().parent.parent


def _required(name: str) -> str:
    try:
        return os.environ[name]
    except KeyError:
        raise ImproperlyConfigured(
            f"the environment variable {name} is not set; ./deploy/up sets it for you"
        ) from None


def _seconds(name: str, default: str) -> float:
    text = os.environ.get(name) or default
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= 3600:
        raise ImproperlyConfigured(
            f"{name} is {text!r}, but must be a number of seconds above 0 and at most 3600"
        )
    return seconds


#: A lost server is tried again by the next request, not after a growing pause.
POOL = {"min_size": 0, "max_size": 12, "timeout": 5, "reconnect_timeout": 1.0}


def _database(url: str) -> dict[str, object]:
    try:
        parts = conninfo_to_dict(url)
    except ProgrammingError as error:
        # The message of libpq may quote the URL, password and all.
        raise ImproperlyConfigured(
            "DATABASE_URL is malformed; it looks like postgresql://user:password@host:5432/name"
        ) from (error if DEBUG else None)
    parts = connection_parameters(parts)
    return {
        "ENGINE": "core_site.postgresql",
        "NAME": parts.pop("dbname", "portico"),
        "USER": parts.pop("user", ""),
        "PASSWORD": parts.pop("password", ""),
        "HOST": parts.pop("host", ""),
        "PORT": parts.pop("port", ""),
        "OPTIONS": {**parts, "pool": POOL},
        # A cursor of the server's lives in one session, of which a pooler gives many.
        "DISABLE_SERVER_SIDE_CURSORS": bool(os.environ.get("PORTICO_DIRECT_DATABASE_URL")),
    }


def _positive(name: str, default: str) -> int:
    text = os.environ.get(name, default)
    if text.isascii() and text.isdigit() and 1 <= int(text) <= 1_000_000:
        return int(text)
    raise ImproperlyConfigured(f"{name} is {text!r}; give a whole number from 1 to 1000000")


def _history_days(text: str) -> int:
    # The database refuses to let the history of the last year expire.
    if text.isascii() and text.isdigit() and 366 <= int(text) <= 36_530:
        return int(text)
    raise ImproperlyConfigured(
        f"PORTICO_HISTORY_DAYS is {text!r}; give a whole number of days from 366 to 36530"
    )


DEBUG = os.environ.get("PORTICO_DEBUG") == "1"
SECRET_KEY = _required("PORTICO_SECRET_KEY")
PUBLIC_URL = os.environ.get("PORTICO_PUBLIC_URL", "http://127.0.0.1:8000").rstrip("/")
_PUBLIC = urlsplit(PUBLIC_URL)
ALLOWED_HOSTS = os.environ.get(
    "PORTICO_ALLOWED_HOSTS", f"127.0.0.1,localhost,[::1],{_PUBLIC.hostname}"
).split(",")

# The front door hands every request on and says how it came in. It never takes these from
# outside, and nothing but the door, or a proxy that sets them as strictly, may reach the site.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
USE_X_FORWARDED_HOST = True
# A door behind a proxy that it was not told to trust sees plain HTTP; browsers say https.
CSRF_TRUSTED_ORIGINS = [f"{_PUBLIC.scheme}://{_PUBLIC.netloc}"]

# Who signs in is counted by address: the last one in X-Forwarded-For that is no proxy of ours.
TRUSTED_PROXIES = [
    ip_network(part.strip())
    for part in os.environ.get("PORTICO_TRUSTED_PROXIES", "").split(",")
    if part.strip() not in {"", "unix"}
]

INSTALLED_APPS = [
    "core_site.config",
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "pgtrigger",
    "pghistory",
    "procrastinate.contrib.django",
    "rest_framework",
    "core_site.history",
    "core_site.admin_kit",
    "core_site.sign_in",
    "core_site.partners",
    "core_site.catalog",
    "core_site.bookings",
    "core_site.events",
    "core_site.users",
    "core_site.persons",
    "core_site.rollout",
    "core_site.rollout.admin_board",
    "core_site.idempotency",
    "core_site.partner_api",
    "core_site.demo",
]

MIDDLEWARE = [
    "core_site.config.unavailable.CallDeadline",
    "core_site.postgresql.pool.WritesTakeTheirShare",
    "core_site.rollout.dry_runs.middleware.DryRunMiddleware",
    "core_site.rollout.middleware.DjangoCallRecorder",
    "core_site.postgresql.middleware.CommitOutcomeMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "core_site.config.security_headers.SecurityHeaders",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "core_site.sign_in.sessions.SessionsEndWhenIdle",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "core_site.history.HistoryOfRequests",
]

ROOT_URLCONF = "core_site.config.urls"
# Below these paths every address is an endpoint that can move to the edge, and on the board.
ENDPOINT_PREFIXES = [
    f"{prefix.strip().rstrip('/')}/"
    for prefix in os.environ.get("PORTICO_ENDPOINT_PREFIXES", "/v1/").split(",")
]
# How `rollout pin` and `show` name a caller.
ENDPOINT_CALLERS = "core_site.partners.callers.PartnersByCode"
# How long a call of one of these may take: for connections, locks, statements, a silent server.
CALL_SECONDS = _seconds("PORTICO_CALL_SECONDS", "10")
WSGI_APPLICATION = "core_site.config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

DATABASES = {"default": _database(_required("DATABASE_URL"))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTHENTICATION_BACKENDS = ["core_site.sign_in.backends.ThrottledBackend"]

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

LOGIN_URL, LOGIN_REDIRECT_URL = "admin:login", "admin:index"

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_TZ = True
FORMAT_MODULE_PATH = "core_site.config.formats"
# Unfold's date filters read what the calendar writes by these, not by those of the language.
DATE_INPUT_FORMATS = formats.DATE_INPUT_FORMATS
DATETIME_INPUT_FORMATS = formats.DATETIME_INPUT_FORMATS

STATIC_URL = "/static/"
STATIC_ROOT = os.environ.get("PORTICO_STATIC_ROOT", SITE_DIR.parent / ".portico" / "static")
# WhiteNoise serves the admin's files straight from the packages: nothing to collect or to copy.
WHITENOISE_USE_FINDERS = True

# Messages live in the session, not in a cookie: a refusal may quote a booking's reference.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
# A session ends so long after its last request: see core_site/sign_in/sessions.py.
SESSION_COOKIE_AGE = 12 * 60 * 60
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PUBLIC_URL.startswith("https://")
# A year, as browsers' preload lists ask; other names of the domain are not ours to decide on.
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60 if SESSION_COOKIE_SECURE else 0
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

vars().update(mail_settings(os.environ.get("PORTICO_EMAIL_URL", "console:")))
# Beyond either, mails wait; staff see it in the booking's history.
MAILS_PER_BOOKING = _positive("PORTICO_MAILS_PER_BOOKING", "10")
MAILS_PER_PARTNER = _positive("PORTICO_MAILS_PER_PARTNER", "5000")
DEFAULT_FROM_EMAIL = os.environ.get("PORTICO_EMAIL_FROM", "tickets@localhost")

# Each feature keeps its jobs in jobs.py; procrastinate imports them in every process.
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "jobs"
# A few jobs a minute would fill a table for nothing; those that failed stay to be looked at.
PROCRASTINATE_WORKER_DEFAULTS = {"delete_jobs": "successful"}

HISTORY_DAYS = _history_days(os.environ.get("PORTICO_HISTORY_DAYS", "3653"))
# Who did it travels with the transaction, so that history names the actor of every row.
PGHISTORY_MIDDLEWARE_METHODS = ("POST", "PUT", "PATCH", "DELETE")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "shared_domain.tracebacks.ValueFreeFormatter",
            "format": "%(asctime)s %(levelname)s %(name)s %(message)s",
        }
    },
    "filters": {
        "one_line": {"()": "core_site.config.logs.DropTraceback"},
        "without_queries": {"()": "core_site.config.logs.DropQueryString"},
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        # They announce every job of the timetable in every process, and again every minute.
        **{f"procrastinate.{part}": {"level": "WARNING"} for part in ("blueprints", "periodic")},
        # It warns at each of its attempts to connect, several a second; each request that fails
        # says so itself.
        "psycopg.pool": {"level": "ERROR"},
        # Its own handler writes texts of exceptions, and whole addresses.
        "gunicorn.error": {
            "handlers": ["console"],
            "filters": ["without_queries"],
            "propagate": False,
        },
        # Its warnings repeat the paths of 404, in which callers put whatever they like.
        "django.request": {"level": "ERROR"},
        # What a caller can cause at will is one line: a wrong host name, a damaged address.
        **{
            f"django.security.{kind}": {"filters": ["one_line"]}
            for kind in ("DisallowedHost", "SuspiciousOperation", "DisallowedModelAdminLookup")
        },
    },
}

UNFOLD = {
    "SITE_TITLE": "Portico",
    "SITE_HEADER": "Portico",
    "SITE_SUBHEADER": "Tours and activities",
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "SITE_SYMBOL": "kayaking",
    "DASHBOARD_CALLBACK": "core_site.config.dashboard.today",
    "SIDEBAR": {"navigation": "core_site.config.sidebar.navigation"},
}
