"""System checks: settings that would fail silently, each said with what to do about it."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

from exchanges.adapters import adapters, select
from exchanges.errors import UnknownExchange
from exchanges.lake import Lake

_IN_MEMORY = "channels.layers.InMemoryChannelLayer"
_LOCAL_HOSTS = {"127.0.0.1", "localhost", "[::1]", "::1", ".localhost", "testserver"}
_ADDRESS = re.compile(r"^LIQSITE_(?P<exchange>.+)_(WS|REST)_URL$")

Apps = Sequence[AppConfig] | None


def _check(check: Callable[[], list[CheckMessage]]) -> Callable[[], list[CheckMessage]]:
    """Register a check of the whole project, which needs to know nothing of apps."""

    def run(app_configs: Apps, **kwargs: Any) -> list[CheckMessage]:
        return check()

    run.__name__ = check.__name__
    register(run)
    return check


@_check
def pushes_cross_processes() -> list[CheckMessage]:
    """W001: the worker's pushes never reach the site."""
    layer = getattr(settings, "CHANNEL_LAYERS", {}).get("default", {})
    if layer.get("BACKEND", _IN_MEMORY) != _IN_MEMORY:
        return []
    return [
        Warning(
            "The channel layer keeps messages inside one process, so what the worker pushes "
            "never reaches an open page.",
            hint="Use exchanges.log_layer.LogChannelLayer in CHANNEL_LAYERS, or set REDIS_URL.",
            id="liqsite.W001",
        )
    ]


@_check
def redis_is_installed() -> list[CheckMessage]:
    """E002: REDIS_URL without the packages that speak to Redis."""
    if not settings.REDIS_URL or find_spec("channels_redis"):
        return []
    return [
        Error(
            "REDIS_URL is set, but channels_redis is not installed.",
            hint="pip install -r requirements-scale.txt, or take REDIS_URL away.",
            id="liqsite.E002",
        )
    ]


@_check
def shared_lake_is_installed() -> list[CheckMessage]:
    """E007: LIQSITE_LAKE_CATALOG without the packages that speak to PostgreSQL and S3."""
    wanted = ("psycopg", "duckdb_extension_postgres_scanner", "duckdb_extension_httpfs")
    if not Lake.of(settings.LIQSITE_LAKE).is_shared or all(map(find_spec, wanted)):
        return []
    return [
        Error(
            "LIQSITE_LAKE_CATALOG is set, but what reads it is not installed.",
            hint="pip install -r requirements-scale.txt, or take LIQSITE_LAKE_CATALOG away.",
            id="liqsite.E007",
        )
    ]


@_check
def data_folder_is_writable() -> list[CheckMessage]:
    """E003: nothing can be stored."""
    folder = Path(settings.LIQSITE_DATA_DIR)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=folder):
            return []
    except OSError as error:
        return [
            Error(
                f"The data folder {folder} cannot be written: {error.strerror or error}.",
                hint="Give this user the folder, or set LIQSITE_DATA_DIR to another one.",
                id="liqsite.E003",
            )
        ]


@_check
def debug_stays_local() -> list[CheckMessage]:
    """W004: tracebacks and settings for everyone who can reach the site."""
    strange = [host for host in settings.ALLOWED_HOSTS if host not in _LOCAL_HOSTS]
    if not settings.DEBUG or not strange:
        return []
    return [
        Warning(
            f"DEBUG is on while other machines may ask for this site: {strange}.",
            hint="Set DEBUG=0, or leave only local names in ALLOWED_HOSTS.",
            id="liqsite.W004",
        )
    ]


@_check
def exchanges_are_known() -> list[CheckMessage]:
    """E005: LIQSITE_EXCHANGES names a venue that has no adapter."""
    if settings.LIQSITE_EXCHANGES == ["auto"]:
        return []
    try:
        select(settings.LIQSITE_EXCHANGES)
    except UnknownExchange as error:
        hint = f"Correct LIQSITE_EXCHANGES, or leave it empty for all. {_guess(error.unknown[0])}"
        return [Error(f"{error}.", hint=hint.strip(), id="liqsite.E005")]
    return []


@_check
def addresses_are_of_known_exchanges() -> list[CheckMessage]:
    """W006: an address for a venue that has no adapter is read by nobody."""
    found = [(name, match) for name in sorted(os.environ) if (match := _ADDRESS.match(name))]
    return [
        Warning(
            f"The environment variable {name} has no effect: no exchange has this name.",
            hint=f"Known: {', '.join(adapters())}. {_guess(match['exchange'].lower())}".strip(),
            id="liqsite.W006",
        )
        for name, match in found
        if match["exchange"].lower() not in adapters()
    ]


def _guess(name: str) -> str:
    close = get_close_matches(name, adapters(), n=1)
    return f"Did you mean {close[0]}?" if close else ""
