"""Where the cells of the main chart are on the screen, read from what Plotly draws."""

from __future__ import annotations

import json
import random
from datetime import datetime
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.looks import DRAWN, SECOND, no_live_rows

# The whole chart is in the window.
TALL = {"width": 1280, "height": 1100}

CELLS = """() => {
    const chart = document.querySelector("[data-heat]");
    const { z, x0, dx, y0, dy } = chart.data[0];
    const { xaxis, yaxis } = chart._fullLayout;
    const cells = [];
    const inside = (axis, at) => at > axis.range.map(Number)[0] && at < axis.range.map(Number)[1];
    z.forEach((row, price) => row.forEach((value, time) => {
        const left = xaxis.d2p(x0 + time * dx), top = yaxis.d2p(y0 + price * dy);
        if (value === null || left < 3 || left > xaxis._length - 3 || top < 3) return;
        if (top > yaxis._length - 3) return;
        cells.push({
            usd: 10 ** value, time: x0 + (time - 0.5) * dx, until: x0 + (time + 0.5) * dx,
            low: y0 + (price - 0.5) * dy, high: y0 + (price + 0.5) * dy,
            x: xaxis._offset + left, y: yaxis._offset + top,
        });
    }));
    return cells;
}"""


def drawn(page: Page) -> None:
    """Wait for the chart."""
    expect(page.locator(DRAWN)).to_be_visible(timeout=20 * SECOND)


def some_cells(page: Page, count: int) -> list[dict[str, float]]:
    """Return cells that hold something, drawn by a fixed seed."""
    cells: list[dict[str, float]] = page.evaluate(CELLS)
    return random.Random(7).sample(cells, min(count, len(cells)))


def point(page: Page, cell: dict[str, float]) -> tuple[float, float]:
    """Return where a cell is in the window just now: a chip that changes moves the chart."""
    box = page.locator("[data-heat]").bounding_box()
    assert box
    return box["x"] + cell["x"], box["y"] + cell["y"]


def as_rendered(page: Page) -> None:
    """Have the chart keep what the server rendered: by and by it moves on by a cell."""
    no_live_rows(page)
    page.route("**/heatmap-timeseries**", lambda held: None)


def embedded(page: Page) -> dict[str, Any]:
    """Return what the server rendered."""
    told: dict[str, Any] = json.loads(page.locator("#embedded").text_content() or "")
    return told


def total_of(answer: dict[str, Any], cell: dict[str, float]) -> float:
    """Return what an answer of the API in columns holds in a cell."""
    time, price, sum_ = answer["time"], answer["price"], 0.0
    begin = start_ms(time["start"])
    for column in answer["cells"]:
        rows = zip(column["time_index"], column["price_index"], column["value_usd"], strict=True)
        for at, level, value in rows:
            middle_ms = begin + (at + 0.5) * time["step_seconds"] * 1000
            middle = price["start"] + (level + 0.5) * price["step"]
            if cell["time"] < middle_ms < cell["until"] and cell["low"] < middle < cell["high"]:
                sum_ += value or 0.0
    return sum_


def start_ms(time: str) -> float:
    """Return a time of the API in milliseconds."""
    return datetime.fromisoformat(time).timestamp() * 1000
