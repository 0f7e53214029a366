"""What browser tests look for, and what they put in the way."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from playwright.sync_api import Page, WebSocketRoute, expect

# Every page of the site; what all pages must do is tested on each.
PAGES = ("", "map/", "tape/", "stats/", "compare/", "status/", "scorecard/")
DRAWN = "[data-heat] .heatmaplayer image"
FEED = "**/ws/live*"
SECOND = 1000
WELCOME = {"type": "welcome", "connection": "x", "seq": 1, "resumed": True}


def chip(page: Page, exchange: str, state: str) -> Any:
    return page.locator(f'[data-exchange="{exchange}"][data-state="{state}"]')


def be_live(page: Page) -> None:
    for exchange in ("binance", "bybit"):
        expect(chip(page, exchange, "live")).to_be_visible(timeout=15 * SECOND)


def no_live_rows(page: Page) -> None:
    """Take the liquidations out of what the page's socket says."""
    page.route_web_socket(FEED, _without_rows)


def _without_rows(route: WebSocketRoute) -> None:
    def forward(message: str | bytes) -> None:
        frame = json.loads(message)
        if frame["type"] == "liquidations":
            frame |= {"rows": [], "left_out": 0}
        route.send(json.dumps(frame))

    route.connect_to_server().on_message(forward)


def keep(sockets: list[WebSocketRoute]) -> Callable[[WebSocketRoute], None]:
    """Return a handler that stands in for the server, and keeps the sockets to speak over."""

    def handle(socket: WebSocketRoute) -> None:
        sockets.append(socket)

    return handle


def with_own_socket(
    open_page: Callable[..., Page], query: str = "", **options: Any
) -> tuple[Page, WebSocketRoute]:
    """Open a page over a socket that says only what the test has it say."""
    sockets: list[WebSocketRoute] = []
    page = open_page(query, lambda page: page.route_web_socket(FEED, keep(sockets)), **options)
    expect(page.locator("[data-connection]")).to_have_text(re.compile("Connected"))
    sockets[-1].send(json.dumps(WELCOME))
    return page, sockets[-1]


def a_row(**told: Any) -> dict[str, Any]:
    """Return a liquidation as the socket tells it, but for what is told."""
    row = {
        "event_id": "bybit:live",
        "exchange": "bybit",
        "symbol": "BTCUSDT",
        "side": "long",
        "price": 80_000.0,
        "quantity": 1.5,
        "value_usd": 120_000.0,
        "liquidation_type": "forced",
        "exchange_time": datetime.now(UTC).isoformat(),
    }
    return row | told


def a_frame(seq: int, *rows: dict[str, Any], left_out: int = 0) -> str:
    """Return a numbered frame of liquidations."""
    return json.dumps(
        {"type": "liquidations", "seq": seq, "rows": rows, "left_out": left_out, "cells": []}
    )


def a_health_frame(seq: int, worker: dict[str, Any], *rows: dict[str, Any]) -> str:
    """Return a frame of health that is newer than any other."""
    frame = {"type": "health", "seq": seq, "at": "2099-01-01T00:00:00Z", "full": False}
    return json.dumps(frame | {"rows": rows, "worker": worker})


def a_state(exchange: str, state: str, reason: str = "") -> dict[str, Any]:
    """Return a venue's health, 48 s in its state."""
    return {
        "exchange": exchange,
        "state": state,
        "since": "2098-12-31T23:59:12Z",
        "reason": reason,
        "is_connected": state in ("subscribed", "live"),
        "last_event_at": "2098-12-31T23:59:00Z",
    }


def total(page: Page, name: str) -> str:
    return page.locator(f'[data-total="{name}"]').inner_text()


def too_wide(page: Page) -> int:
    """Return by how many pixels the page is wider than its window."""
    wide: int = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    return wide
