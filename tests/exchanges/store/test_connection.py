"""DuckDB is opened with extensions that are as their makers signed them, and with no other."""

from __future__ import annotations

import shutil
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import pytest

from exchanges.errors import StoreUnavailable
from exchanges.store import connection

NAME = "duckdb_extension_sqlite_scanner"


@pytest.fixture
def tampered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An extension of which one bit is another, in place of the true one."""
    package = Path(str(import_module(NAME).__file__)).parent
    shutil.copytree(package, tmp_path / "package")
    [file] = (tmp_path / "package").glob("extensions/*/*.duckdb_extension")
    with file.open("r+b") as content:
        content.seek(file.stat().st_size // 2)
        [byte] = content.read(1)
        content.seek(-1, 1)
        content.write(bytes([byte ^ 1]))
    other = SimpleNamespace(__file__=str(tmp_path / "package" / "__init__.py"))
    found = {NAME: other}
    monkeypatch.setattr(
        connection, "import_module", lambda name: found.get(name) or import_module(name)
    )
    return file


def test_an_extension_that_is_not_as_it_was_signed_opens_no_store(tampered: Path, tmp_path: Path):
    connection._check_signatures.cache_clear()
    with pytest.raises(StoreUnavailable, match="signature"):
        connection.connect(tmp_path / "lake", read_only=False)


def test_a_signature_is_checked_once_a_process(tmp_path: Path):
    connection._check_signatures.cache_clear()
    for name in ("some", "other"):
        connection.connect(tmp_path / name, read_only=False).close()
    assert connection._check_signatures.cache_info().misses == 1
