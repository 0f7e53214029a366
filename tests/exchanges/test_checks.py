"""Every system check speaks when it should, with its id and a hint, and else is silent."""

from __future__ import annotations

from collections.abc import Callable
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest
from django.core.checks import CheckMessage, run_checks
from pytest_django import Settings

from exchanges import checks

Check = Callable[[], list[CheckMessage]]


def only(check: Check) -> CheckMessage:
    """Return the one message of a check, which must have an id and a hint."""
    (message,) = check()
    assert message.id and message.id.startswith("liqsite.") and message.hint
    return message


def test_all_are_registered_and_silent_with_the_default_settings(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings.LIQSITE_DATA_DIR = tmp_path
    settings.LIQSITE_EXCHANGES = ["nonesuch"]
    monkeypatch.setenv("LIQSITE_NONESUCH_WS_URL", "ws://127.0.0.1:1")
    ids = sorted(str(message.id) for message in run_checks())
    assert [name for name in ids if name.startswith("liqsite.")] == ["liqsite.E005", "liqsite.W006"]


@pytest.mark.parametrize(
    "layers", [{}, {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}]
)
def test_a_layer_inside_one_process_is_a_warning(
    settings: Settings, layers: dict[str, dict[str, str]]
) -> None:
    settings.CHANNEL_LAYERS = layers
    assert only(checks.pushes_cross_processes).id == "liqsite.W001"


def test_the_log_layer_crosses_processes(settings: Settings) -> None:
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": "exchanges.log_layer.LogChannelLayer"}}
    assert checks.pushes_cross_processes() == []


def test_redis_without_its_package_is_an_error(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.REDIS_URL = "redis://127.0.0.1"
    monkeypatch.setattr(checks, "find_spec", lambda name: None)
    message = only(checks.redis_is_installed)
    assert message.id == "liqsite.E002"
    assert "pip install -r requirements-scale.txt" in str(message.hint)


def test_redis_with_its_package_is_fine(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.REDIS_URL = "redis://127.0.0.1"
    monkeypatch.setattr(checks, "find_spec", lambda name: ModuleSpec(name, None))
    assert checks.redis_is_installed() == []


def test_a_data_folder_that_cannot_be_made_is_an_error(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    settings.LIQSITE_DATA_DIR = tmp_path / "file" / "var"
    message = only(checks.data_folder_is_writable)
    assert message.id == "liqsite.E003"
    assert str(settings.LIQSITE_DATA_DIR) in message.msg


def test_an_absent_data_folder_is_made(settings: Settings, tmp_path: Path) -> None:
    settings.LIQSITE_DATA_DIR = tmp_path / "a" / "var"
    assert checks.data_folder_is_writable() == []
    assert list((tmp_path / "a" / "var").iterdir()) == []


@pytest.mark.parametrize(
    ("debug", "hosts", "count"),
    [
        (True, ["127.0.0.1", "liq.example.org"], 1),
        (True, ["*"], 1),
        (True, ["127.0.0.1", "localhost", "[::1]"], 0),
        (False, ["liq.example.org"], 0),
    ],
)
def test_debug_for_others_is_a_warning(
    settings: Settings, debug: bool, hosts: list[str], count: int
) -> None:
    settings.DEBUG, settings.ALLOWED_HOSTS = debug, hosts
    assert [message.id for message in checks.debug_stays_local()] == ["liqsite.W004"] * count


def test_an_unknown_exchange_is_an_error_with_a_guess(settings: Settings) -> None:
    settings.LIQSITE_EXCHANGES = ["binanc", "bybit"]
    message = only(checks.exchanges_are_known)
    assert message.id == "liqsite.E005"
    assert "binanc" in message.msg
    assert "Did you mean binance?" in str(message.hint)


def test_an_empty_list_means_all_and_is_fine(settings: Settings) -> None:
    settings.LIQSITE_EXCHANGES = []
    assert checks.exchanges_are_known() == []


@pytest.mark.parametrize("kind", ["WS", "REST"])
def test_an_address_of_no_known_exchange_is_a_warning(
    monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setenv(f"LIQSITE_BYBIT_{kind}_URL", "ws://127.0.0.1:1")
    monkeypatch.setenv(f"LIQSITE_BYBITT_{kind}_URL", "ws://127.0.0.1:1")
    message = only(checks.addresses_are_of_known_exchanges)
    assert message.id == "liqsite.W006"
    assert f"LIQSITE_BYBITT_{kind}_URL" in message.msg
    assert "Did you mean bybit?" in str(message.hint)
