"""A lake that several machines share: its catalog in PostgreSQL, its files mostly in a bucket.

What opens it goes into DuckDB's secrets, which no error message repeats.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import duckdb

from exchanges.errors import StoreUnavailable
from exchanges.lake import PATIENCE, Lake

# Who holds the lock and hangs, or is cut off, loses it: no commit takes so long.
_LOCK_OPTIONS = (
    "-c idle_in_transaction_session_timeout=120000 "
    "-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3"
)
# Any number that nobody else takes for an advisory lock in this database.
_LOCK = 7_105_318_254_907
_SECRET_NAMES = {"host", "port", "dbname", "user", "password"}


def extensions(lake: Lake) -> list[str]:
    """Return what DuckDB needs for it."""
    return ["postgres_scanner", *(["httpfs"] if lake.is_in_bucket else [])]


def attach_options(connection: duckdb.DuckDBPyConnection, lake: Lake) -> tuple[str, str]:
    """Give DuckDB the secrets; return what to attach and the option that names the secret.

    Raises StoreUnavailable.
    """
    known = _connection_info(lake)
    secret = {name: known.pop(name) for name in _SECRET_NAMES & known.keys()}
    if "dbname" in secret:
        secret["database"] = secret.pop("dbname")
    _create_secret(connection, "lake_catalog", "postgres", secret)
    if lake.is_in_bucket:
        _create_secret(connection, "lake_files", "s3", _bucket(lake))
    path = " ".join(f"{name}={_libpq_quoted(value)}" for name, value in known.items())
    return f"ducklake:postgres:{path}", "METADATA_PARAMETERS MAP {'secret': 'lake_catalog'}"


@contextmanager
def alone(lake: Lake) -> Iterator[None]:
    """Wait until no other process writes to the lake, and keep them waiting.

    An advisory lock of the catalog's database, which ends with this connection.
    Raises StoreUnavailable.
    """
    psycopg = _psycopg()
    try:
        with psycopg.connect(**_connection_info(lake) | {"options": _LOCK_OPTIONS}) as connection:
            connection.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
            yield
    except psycopg.Error as error:
        raise StoreUnavailable(f"The lake's catalog does not answer: {error}") from error


def _psycopg() -> Any:
    try:
        return import_module("psycopg")
    except ImportError as error:
        raise StoreUnavailable(
            "LIQSITE_LAKE_CATALOG needs more packages: pip install -r requirements-scale.txt"
        ) from error


def _connection_info(lake: Lake) -> dict[str, Any]:
    psycopg = _psycopg()
    try:
        told: dict[str, Any] = psycopg.conninfo.conninfo_to_dict(lake.catalog)
    except psycopg.Error:
        # Not from it: its text repeats what was told, with the password.
        raise StoreUnavailable(
            "LIQSITE_LAKE_CATALOG cannot be read. It is postgres:dbname=lake host=db user=me, or "
            "postgres://me@db/lake."
        ) from None
    return PATIENCE | told


def _bucket(lake: Lake) -> dict[str, str]:
    scheme, _, host = lake.s3.endpoint.rpartition("://")
    told = {"key_id": lake.s3.key, "secret": lake.s3.secret, "region": lake.s3.region}
    if host:
        told |= {"endpoint": host, "use_ssl": "false" if scheme == "http" else "true"}
    return told | {"url_style": "path" if lake.s3.is_path_style else "vhost"}


def _create_secret(
    connection: duckdb.DuckDBPyConnection, name: str, kind: str, told: dict[str, str]
) -> None:
    values = "".join(f", {key.upper()} {quoted(str(value))}" for key, value in told.items())
    connection.execute(f"CREATE OR REPLACE SECRET {name} (TYPE {kind}{values})")


def quoted(text: str) -> str:
    """Return an SQL string literal; what it holds comes from settings, never from a request."""
    return "'" + text.replace("'", "''") + "'"


def _libpq_quoted(text: object) -> str:
    return "'" + str(text).replace("\\", "\\\\").replace("'", "\\'") + "'"
