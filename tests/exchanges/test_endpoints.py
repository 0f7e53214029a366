"""What the environment says of a venue: other addresses, and options."""

from __future__ import annotations

import pytest

from exchanges.endpoints import options, resolve


def test_options_are_a_venues_settings_without_its_own_addresses(monkeypatch: pytest.MonkeyPatch):
    settings = {
        "HYPERLIQUID_WS_URL": "ws://127.0.0.1:1",
        "HYPERLIQUID_REST_URL": "http://127.0.0.1:1",
        "HYPERLIQUID_NODE_DIR": "/hl",
        "HYPERLIQUID_VENDOR_URL": "wss://vendor.example/ws",
        "HYPERLIQUID_VENDOR_KEY": "",
        "BYBIT_NODE_DIR": "/other",
    }
    for name, value in settings.items():
        monkeypatch.setenv(f"LIQSITE_{name}", value)
    assert options("hyperliquid") == {"node_dir": "/hl", "vendor_url": "wss://vendor.example/ws"}


def test_another_address_keeps_path_and_query(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LIQSITE_LIGHTER_WS_URL", "ws://127.0.0.1:8765/lighter/")
    monkeypatch.delenv("LIQSITE_LIGHTER_REST_URL", raising=False)
    url = "wss://mainnet.zklighter.elliot.ai/stream?readonly=true"
    assert resolve("lighter", url) == "ws://127.0.0.1:8765/lighter/stream?readonly=true"
    rest = "https://mainnet.zklighter.elliot.ai/api/v1/orderBookDetails"
    assert resolve("lighter", rest) == rest
