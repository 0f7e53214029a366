"""All settings, each from the environment with a default that works on a laptop.

`.env.example` lists them with one line each; a test keeps the two the same.
"""

import sys
from pathlib import Path

import drf_spectacular_sidecar
import environ
from django.core.management.utils import get_random_secret_key
from whitenoise.compress import Compressor

from exchanges.errors import LiqsiteError
from exchanges.lake import PATIENCE, S3, Place, settled
from liqsite import __version__

env = environ.FileAwareEnv()
BASE_DIR = Path(__file__).resolve().parent.parent
environ.Env.read_env(BASE_DIR / ".env")

LIQSITE_VERSION = __version__

# Where everything lives that liqsite writes.
LIQSITE_DATA_DIR = Path(env.str("LIQSITE_DATA_DIR", "") or BASE_DIR / "var").resolve()

# The lake: what the worker stores, an SQLite catalog and Parquet files in a folder; or where
# several machines share it, a catalog in PostgreSQL and files in a bucket.
try:
    LIQSITE_LAKE: Place = settled(
        env.str("LIQSITE_LAKE_CATALOG", ""),
        env.str("LIQSITE_LAKE_DATA", ""),
        LIQSITE_DATA_DIR / "lake",
        S3(
            key=env.str("LIQSITE_S3_KEY", ""),
            secret=env.str("LIQSITE_S3_SECRET", ""),
            endpoint=env.str("LIQSITE_S3_ENDPOINT", ""),
            region=env.str("LIQSITE_S3_REGION", "us-east-1"),
            is_path_style=env.bool("LIQSITE_S3_PATH_STYLE", False),
        ),
    )
except LiqsiteError as _error:
    sys.exit(str(_error))

# Which venues the worker connects to (comma-separated); empty means all.
LIQSITE_EXCHANGES: list[str] = env.list("LIQSITE_EXCHANGES", default=[])

# Venues that get a second connection each, so that one may break without a gap.
LIQSITE_REDUNDANT: list[str] = env.list("LIQSITE_REDUNDANT", default=[])

# Symbols whose market data the worker gathers; empty means those of which most is open.
LIQSITE_SYMBOLS: list[str] = env.list("LIQSITE_SYMBOLS", default=[])

# The journal: what was received waits here for the store. A loss of power costs at most so many
# seconds; what is stored stays for some hours; what waits may take so much room.
LIQSITE_JOURNAL_FSYNC_SECONDS = env.float("LIQSITE_JOURNAL_FSYNC_SECONDS", 1.0)
LIQSITE_JOURNAL_HOURS = env.float("LIQSITE_JOURNAL_HOURS", 24.0)
LIQSITE_JOURNAL_MIB = env.int("LIQSITE_JOURNAL_MIB", 2048)

# Feeds pause before less than this is free on the disk, so that nothing is half written.
LIQSITE_DISK_FREE_MIB = env.int("LIQSITE_DISK_FREE_MIB", 200)

# Frames that did not fit are kept for so many days.
LIQSITE_REJECTED_DAYS = env.float("LIQSITE_REJECTED_DAYS", 30.0)
# How many days liquidations are kept; 0: for ever.
LIQSITE_KEEP_DAYS = env.int("LIQSITE_KEEP_DAYS", 0)
# How many days predicted zones are kept; 0: for ever.
LIQSITE_ZONE_DAYS = env.int("LIQSITE_ZONE_DAYS", 90)
# What the worker does beside gathering and storing, by dotted names.
LIQSITE_JOBS: list[str] = env.list("LIQSITE_JOBS", default=["heatmap.forecast.job.Forecast"])
# Whether the worker also asks Hyperliquid for its accounts' open positions, and which weight a
# minute that may take of the 1,200 that the venue gives one address.
LIQSITE_HYPERLIQUID_POSITIONS = env.bool("LIQSITE_HYPERLIQUID_POSITIONS", False)
LIQSITE_HYPERLIQUID_POSITIONS_WEIGHT = env.float("LIQSITE_HYPERLIQUID_POSITIONS_WEIGHT", 500.0)
if LIQSITE_HYPERLIQUID_POSITIONS:
    LIQSITE_JOBS = [*LIQSITE_JOBS, "exchanges.census.Census"]
# How many live sockets one address may have open at a time, in each process.
LIQSITE_SOCKETS_PER_ADDRESS = env.int("LIQSITE_SOCKETS_PER_ADDRESS", 50)

# A sentence shown on every page, e.g. that the data is simulated.
LIQSITE_NOTICE = env.str("LIQSITE_NOTICE", "")

# What one query of the site may take, and all of them together, as DuckDB writes sizes.
LIQSITE_QUERY_SECONDS: float = env.float("LIQSITE_QUERY_SECONDS", 30.0)
LIQSITE_QUERY_MEMORY = env.str("LIQSITE_QUERY_MEMORY", "1GB")

# Requests a minute that the API answers one address; 0 means any number.
LIQSITE_RATE_LIMIT_RPM: int = env.int("LIQSITE_RATE_LIMIT_RPM", 600)

# Proxies in front of the site that add to X-Forwarded-For; with 0 the header is not believed.
LIQSITE_PROXIES: int = env.int("LIQSITE_PROXIES", 0)


def _secret_key() -> str:
    """Return the configured secret, or the one kept beside the data, made on first use."""
    if key := str(env.str("SECRET_KEY", "")):
        return key
    path = LIQSITE_DATA_DIR / "secret_key"
    try:
        return path.read_text() if path.exists() else _new_secret(path)
    except OSError as error:
        sys.exit(
            f"The data folder {LIQSITE_DATA_DIR} cannot be used ({error.strerror}). "
            "Take another: LIQSITE_DATA_DIR=/some/folder make run"
        )


def _new_secret(path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(get_random_secret_key() + get_random_secret_key())
    return path.read_text()


DEBUG = env.bool("DEBUG", False)
SECRET_KEY = _secret_key()
ALLOWED_HOSTS: list[str] = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])

# Behind TLS (PRODUCTION=1): cookies and redirects accordingly.
PRODUCTION = env.bool("PRODUCTION", False)
SECURE_SSL_REDIRECT = SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PRODUCTION
SECURE_HSTS_SECONDS = 31_536_000 if PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = PRODUCTION
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PRODUCTION else None
CSRF_TRUSTED_ORIGINS: list[str] = env.list("CSRF_TRUSTED_ORIGINS", default=[])
X_FRAME_OPTIONS = "DENY"

# Plotly writes inline styles and exports PNG through blobs; nothing runs inline.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'"],
        "style-src": ["'self'", "'unsafe-inline'"],
        "img-src": ["'self'", "data:", "blob:"],
        "connect-src": ["'self'"],
        "object-src": ["'none'"],
        "base-uri": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}

INSTALLED_APPS = [
    "daphne",
    "exchanges",
    "heatmap",
    "rest_framework",
    "drf_spectacular",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "heatmap.middleware.measure",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.middleware.http.ConditionalGetMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "liqsite.urls"
ASGI_APPLICATION = "liqsite.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "heatmap.pages.shell",
            ],
        },
    },
]

# Readers never wait for the writer: WAL, and transactions that take the lock at once.
DATABASES = {"default": env.db("DATABASE_URL", f"sqlite:///{LIQSITE_DATA_DIR / 'site.sqlite3'}")}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["OPTIONS"] = {
        "timeout": 10,
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
elif DATABASES["default"]["ENGINE"].endswith("postgresql"):
    DATABASES["default"]["OPTIONS"] = PATIENCE | DATABASES["default"].get("OPTIONS", {})
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Pushes from the worker to the site: Redis when there is one, else a log file on this host.
REDIS_URL = env.str("REDIS_URL", "")
CHANNEL_LAYERS: dict[str, dict[str, object]] = {
    "default": (
        {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": [REDIS_URL]},
        }
        if REDIS_URL
        else {
            "BACKEND": "exchanges.log_layer.LogChannelLayer",
            "CONFIG": {"path": str(LIQSITE_DATA_DIR / "channels.sqlite3")},
        }
    )
}

# Answers are large and few: kept apart, so that they push nothing else out.
CACHES: dict[str, dict[str, object]] = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
    "answers": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": "answers",
        "OPTIONS": {"MAX_ENTRIES": 60},
    },
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "UNAUTHENTICATED_USER": None,
    "DEFAULT_RENDERER_CLASSES": [
        "heatmap.api.renderers.FastJSONRenderer",
        "rest_framework.renderers.BrowsableAPIRenderer",
    ],
    "DEFAULT_THROTTLE_CLASSES": ["heatmap.api.throttling.PerAddress"],
    "NUM_PROXIES": LIQSITE_PROXIES,
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "heatmap.api.errors.answer_error",
    # `format` is a parameter of our own answers, not of the renderer.
    "URL_FORMAT_OVERRIDE": None,
}

SPECTACULAR_SETTINGS = {
    "TITLE": "liqsite",
    "DESCRIPTION": "Liquidations of crypto derivatives: observed, with what was not covered.",
    "VERSION": __version__,
    "SERVE_INCLUDE_SCHEMA": False,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "SERVE_AUTHENTICATION": [],
    # Swagger UI comes from a package: nothing is loaded from elsewhere, nothing runs inline.
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "/static/img/icon.svg",
}

LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_I18N = False
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = LIQSITE_DATA_DIR / "static"
# Of the package with Swagger UI only that: compressing all of it takes half a minute.
SWAGGER_UI = "drf_spectacular_sidecar/swagger-ui-dist"
SIDECAR = Path(str(drf_spectacular_sidecar.__file__)).parent
STATICFILES_DIRS: list[Path | tuple[str, Path]] = [
    BASE_DIR / "static",
    (SWAGGER_UI, SIDECAR / "static" / SWAGGER_UI),
]
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = (*Compressor.SKIP_COMPRESS_EXTENSIONS, "map")
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "liqsite.static.ModuleManifestStorage"},
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname:7} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "loggers": {"daphne": {"level": "WARNING"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", "INFO")},
}
