"""What is refused before anything starts, each with what to do instead."""

from __future__ import annotations

import shutil
import socket
from pathlib import Path
from types import SimpleNamespace

import pytest

from exchanges.errors import LiqsiteError
from exchanges.preflight import check_folder, check_port, parse_port


def test_the_data_folder_is_made(tmp_path: Path) -> None:
    check_folder(tmp_path / "a" / "b")
    assert list((tmp_path / "a" / "b").iterdir()) == []


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LiqsiteError, match="cannot be written .*LIQSITE_DATA_DIR"):
        check_folder(tmp_path / "file" / "var")


def test_a_disk_that_is_nearly_full_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: SimpleNamespace(free=12_000_000))
    with pytest.raises(LiqsiteError, match="Only 12 MB are free .* 100 MB are needed"):
        check_folder(tmp_path)


def test_a_port_in_use_is_refused() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(LiqsiteError) as refusal:
            check_port("127.0.0.1", port)
    assert str(refusal.value) == (
        f"Port {port} is in use. Stop what uses it, or take another: PORT=8123 make run"
    )


def test_a_port_that_was_just_left_is_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)):
            server.accept()[0].close()
    check_port("127.0.0.1", port)


@pytest.mark.parametrize("host", ["no.such.host.invalid", "203.0.113.1"])
def test_a_host_that_is_not_here_is_refused(host: str) -> None:
    with pytest.raises(LiqsiteError, match=f"Cannot listen on {host} port 8000"):
        check_port(host, 8000)


@pytest.mark.parametrize("text", ["0", "65536", "-1", "http", "", "8000.0", "²"])
def test_what_is_no_port_is_refused(text: str) -> None:
    with pytest.raises(LiqsiteError, match="is no port"):
        parse_port(text)


def test_a_port_is_a_number() -> None:
    assert parse_port("8123") == 8123
