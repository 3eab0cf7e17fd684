"""Django's settings; ``core_site.environment`` lists the environment variables among them."""

from pathlib import Path
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from django.templatetags.static import static
from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

from core_site.config.formats.en import formats
from core_site.config.mail_url import mail_settings
from core_site.environment import env
from shared_domain.plain_page import ICON_DATA_URI
from shared_domain.postgres import connection_parameters

SITE_DIR = Path(__file__).resolve().parent.parent


#: A lost server is tried again by the next request, not after a growing pause.
POOL = {"min_size": 0, "max_size": 12, "timeout": 5, "reconnect_timeout": 1.0}


def _database(url: str) -> dict[str, object]:
    try:
        parts = connection_parameters(conninfo_to_dict(url))
    except ProgrammingError as error:
        # The message of libpq may quote the URL, password and all.
        raise ImproperlyConfigured(
            "DATABASE_URL is malformed; it looks like postgresql://user:password@host:5432/name"
        ) from (error if DEBUG else None)
    return {
        "ENGINE": "core_site.postgresql",
        "NAME": parts.pop("dbname", "portico"),
        "USER": parts.pop("user", ""),
        "PASSWORD": parts.pop("password", ""),
        "HOST": parts.pop("host", ""),
        "PORT": parts.pop("port", ""),
        "OPTIONS": {**parts, "pool": POOL},
        # A cursor of the server's lives in one session, of which a pooler gives many.
        "DISABLE_SERVER_SIDE_CURSORS": env("PORTICO_DIRECT_DATABASE_URL") is not None,
    }


DEBUG = env("PORTICO_DEBUG")
SECRET_KEY = env("PORTICO_SECRET_KEY")
PUBLIC_URL = env("PORTICO_PUBLIC_URL")
_PUBLIC = urlsplit(PUBLIC_URL)
ALLOWED_HOSTS = env("PORTICO_ALLOWED_HOSTS") or [
    "127.0.0.1",
    "localhost",
    "[::1]",
    _PUBLIC.hostname,
]

# The edge proxies every request and sets these headers itself, never from outside. Nothing but the
# edge, or a proxy that sets them as strictly, may reach Django.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
USE_X_FORWARDED_HOST = True
# A door behind a proxy that it was not told to trust sees plain HTTP; browsers say https.
CSRF_TRUSTED_ORIGINS = [f"{_PUBLIC.scheme}://{_PUBLIC.netloc}"]

# A booking has up to 1000 tickets, and a form may ask eight details of each guest. What all of them
# may weigh together stays Django's 2.5 MB.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000

# Who signs in is counted by address: the last one in X-Forwarded-For that is no proxy of ours.
TRUSTED_PROXIES = env("PORTICO_TRUSTED_PROXIES")

INSTALLED_APPS = [
    "core_site.config",
    "core_site.public_pages",
    "core_site.today",
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "core_site.config.apps.PorticoAdminConfig",
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
    "core_site.exports",
    "core_site.sign_in",
    "core_site.partners",
    "core_site.catalog",
    "core_site.blackouts",
    "core_site.bookings",
    "core_site.messages",
    "core_site.booking_desk",
    "core_site.manifest",
    "core_site.guide",
    "core_site.departure_calendar",
    "core_site.payments",
    "core_site.statements",
    "core_site.sales_rollup",
    "core_site.scan",
    "core_site.events",
    "core_site.webhooks",
    "core_site.notifications",
    "core_site.weather",
    "core_site.disruptions",
    "core_site.resources",
    "core_site.users",
    "core_site.usage",
    "core_site.persons",
    "core_site.search",
    "core_site.rollout",
    "core_site.rollout.admin_board",
    "core_site.idempotency",
    "core_site.partner_api",
]
if env("PORTICO_DEMO"):
    INSTALLED_APPS.append("core_site.demo")

MIDDLEWARE = [
    "core_site.config.unavailable.CallDeadline",
    "core_site.postgresql.pool.WritesTakeTheirShare",
    "core_site.rollout.dry_runs.middleware.DryRunMiddleware",
    "core_site.rollout.middleware.DjangoCallRecorder",
    "core_site.postgresql.middleware.CommitOutcomeMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "core_site.config.security_headers.SecurityHeaders",
    "core_site.config.compression.CompressPages",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "core_site.sign_in.sessions.SessionsEndWhenIdle",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "core_site.history.HistoryOfRequests",
    "core_site.admin_kit.viewer_zone.ViewerZone",
]

ROOT_URLCONF = "core_site.config.urls"
# Below these paths every address is an endpoint that can move to the edge, and on the board.
ENDPOINT_PREFIXES = env("PORTICO_ENDPOINT_PREFIXES")
# Stands before the documentation that the edge serves.
EDGE_PREFIX = env("PORTICO_EDGE_PREFIX")
# How `rollout pin` and `show` name a caller.
ENDPOINT_CALLERS = "core_site.partners.callers.PartnersByCode"
# How long a call of one of these may take: for connections, locks, statements, a silent server.
CALL_SECONDS = env("PORTICO_CALL_SECONDS")
REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "EXCEPTION_HANDLER": "core_site.partner_api.problems.answer_problem",
    # Errors of a body as a whole: no field that a caller made up has an empty name.
    "NON_FIELD_ERRORS_KEY": "",
    "UNAUTHENTICATED_USER": None,
}
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

DATABASES = {"default": _database(env("DATABASE_URL"))}
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
STATIC_ROOT = env("PORTICO_STATIC_ROOT") or SITE_DIR.parent / ".portico" / "static"
# WhiteNoise serves the admin's files straight from the packages: nothing to collect or to copy.
WHITENOISE_USE_FINDERS = True
# A library in a folder named after its version never changes, and is not small.
WHITENOISE_IMMUTABLE_FILE_TEST = r"/zxing-wasm-[0-9.]+/"

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

vars().update(mail_settings(env("PORTICO_EMAIL_URL")))
# Beyond either, mails wait; staff see it in the booking's history.
MAILS_PER_BOOKING = env("PORTICO_MAILS_PER_BOOKING")
MAILS_PER_PARTNER = env("PORTICO_MAILS_PER_PARTNER")
DEFAULT_FROM_EMAIL = env("PORTICO_EMAIL_FROM")
DOCUMENT_FONT = env("PORTICO_DOCUMENT_FONT")

# Each feature keeps its jobs in jobs.py; procrastinate imports them in every process.
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "jobs"
# A few jobs a minute would fill a table for nothing; those that failed stay to be looked at.
# One that waits, for a lock or a slow mail server, keeps no other from being done.
PROCRASTINATE_WORKER_DEFAULTS = {"delete_jobs": "successful", "concurrency": 4}

HISTORY_DAYS = env("PORTICO_HISTORY_DAYS")
EVENTS_DAYS = env("PORTICO_EVENTS_DAYS")
# Bodies are made of OCTO's resources, which the edge writes: core_site/events/bodies.py imports it.
EVENT_BODIES = "api_edge.v1.events.bodies.event_bodies"
# Its answers are validated by Pydantic, which the edge has: core_site/weather/refresh.py.
# Their library for encryption is one of the edge.
HEADER_SEALER = "api_edge.octo.notifications.header_encryption.AesGcmSealer"
WEATHER_FORECASTS = "api_edge.weather.open_forecasts"
# Who did it travels with the transaction, so that history names the actor of every row.
PGHISTORY_MIDDLEWARE_METHODS = ("POST", "PUT", "PATCH", "DELETE")
PGHISTORY_BASE_MODEL = "core_site.history.row_version.Event"

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
        "without_secrets": {"()": "core_site.config.logs.DropSecretsInPaths"},
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "line",
            "filters": ["without_secrets"],
        }
    },
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        # They announce every job of the timetable in every process, and again every minute.
        **{f"procrastinate.{part}": {"level": "WARNING"} for part in ("blueprints", "periodic")},
        # It warns at each of its attempts to connect, several a second; each request that fails
        # says so itself.
        "psycopg.pool": {"level": "ERROR"},
        # They name every letter of the guests that a document is about.
        **{library: {"level": "ERROR"} for library in ("fontTools", "fpdf")},
        # Its own handler writes texts of exceptions, and whole addresses.
        "gunicorn.error": {
            "handlers": ["console"],
            "filters": ["without_queries"],
            "propagate": False,
        },
        # It warns of the body of each answer to HEAD, which it leaves out, as it should.
        "gunicorn.http.wsgi": {"level": "ERROR"},
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
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": ICON_DATA_URI}],
    "STYLES": [
        lambda request: static("admin_kit/accessible.css"),
        lambda request: static("admin_kit/lists.css"),
        lambda request: static("admin_kit/pages.css"),
        lambda request: static("admin_kit/panels.css"),
        lambda request: static("search/search.css"),
    ],
    "SCRIPTS": [
        lambda request: static("admin_kit/accessible.js"),
        lambda request: static("admin_kit/layers.js"),
        lambda request: static("admin_kit/viewer_zone.js"),
        lambda request: static("search/search.js"),
    ],
    # Links on dark pages are of shade 500, and Unfold's own is too dark to be read there.
    "COLORS": {"primary": {"500": "oklch(68% .235 304.5)"}},
    "DASHBOARD_CALLBACK": "core_site.today.page.load_today",
}
