"""What browser tests look for, and what they put in the way."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, WebSocketRoute, expect

DRAWN = "[data-heat] .heatmaplayer image"
FEED = "**/ws/live*"
SECOND = 1000


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


def total(page: Page, name: str) -> str:
    return page.locator(f'[data-total="{name}"]').inner_text()


def too_wide(page: Page) -> int:
    """Return by how many pixels the page is wider than its window."""
    wide: int = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    return wide
