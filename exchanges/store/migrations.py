"""The schema: numbered SQL files, each applied once, with its record, in one transaction."""

from __future__ import annotations

from pathlib import Path

import duckdb

SCHEMA = Path(__file__).parent / "schema"


def migrate(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Apply the files not yet applied, in order; return their names."""
    connection.execute("CREATE TABLE IF NOT EXISTS applied (name VARCHAR, applied_at TIMESTAMPTZ)")
    done = {name for (name,) in connection.execute("SELECT name FROM applied").fetchall()}
    new = [file for file in sorted(SCHEMA.glob("*.sql")) if file.stem not in done]
    for file in new:
        _apply(connection, file)
    return [file.stem for file in new]


def _apply(connection: duckdb.DuckDBPyConnection, file: Path) -> None:
    connection.execute("BEGIN")
    try:
        connection.execute(file.read_text())
        connection.execute("INSERT INTO applied VALUES (?, now())", [file.stem])
        connection.execute("COMMIT")
    except Exception:
        connection.execute("ROLLBACK")
        raise
