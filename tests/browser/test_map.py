"""The liquidation map in a real browser, over a market of its own on two venues."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.request import urlopen

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from heatmap.templatetags import figures
from tests.browser.conftest import OpenPage
from tests.browser.demo import Demo
from tests.browser.looks import FEED, SECOND, keep
from tests.browser.story import store_story

pytestmark = pytest.mark.browser

SYMBOL = "MAPUSDT"
BARS = "[data-map] .barlayer .trace"
MAP = f"map/?symbol={SYMBOL}"
# Of the chart: all bars together, and the ends of the two curves.
DRAWN = """() => {
    const { data } = document.querySelector("[data-map]");
    const sums = (traces) => traces.flatMap(({ y }) => y).reduce((a, b) => a + (b ?? 0), 0);
    const [long, short] = data.filter(({ type }) => type === "scatter");
    return {
        bars: sums(data.filter(({ type }) => type === "bar")),
        long: Math.max(...long.y),
        short: Math.max(...short.y),
    };
}"""


@pytest.fixture(scope="module", autouse=True)
def frozen(demo: Demo) -> dict[str, Any]:
    """Store what two venues predict, and return the API's answer."""
    store_story(demo, SYMBOL, zones_of=("binance", "okx"))
    with urlopen(f"{demo.url}liquidations/map?symbol={SYMBOL}") as answer:
        told: dict[str, Any] = json.load(answer)
    return told


def be_drawn(page: Page) -> None:
    expect(page.locator(BARS).first).to_be_attached(timeout=15 * SECOND)


def drawn(page: Page) -> dict[str, float]:
    found: dict[str, float] = page.evaluate(DRAWN)
    return found


def agree(page: Page, told: dict[str, Any]) -> None:
    """Expect totals, chart and table to tell the numbers of an answer of the API."""
    for side in ("long", "short"):
        expect(page.locator(f'[data-sum="{side}"]')).to_have_text(figures.usd(told["totals"][side]))
    shown = drawn(page)
    assert shown["bars"] == pytest.approx(sum(told["totals"].values()), rel=1e-6)
    for side in ("long", "short"):
        assert shown[side] == pytest.approx(told["totals"][side], rel=1e-6, abs=1)
    rows = page.locator("[data-by-price] tr")
    expect(rows).to_have_count(len(told["levels"]))
    first = told["levels"][0]
    expect(rows.first).to_contain_text(figures.price(first["price_low"]))
    expect(rows.first).to_contain_text(figures.usd(first["cumulative_long"]))


def test_chart_and_table_tell_the_numbers_of_the_api_as_filtered(open_page: OpenPage) -> None:
    page = open_page(MAP)
    be_drawn(page)
    page.locator("[data-tables] summary").click()
    with page.expect_response(re.compile(r"/liquidations/map\?.*exchanges=(?!.*okx)")) as answer:
        page.locator('input[value="okx"]').uncheck()
    agree(page, answer.value.json())
    with page.expect_response(re.compile(r"/liquidations/map\?.*bands=")) as answer:
        page.locator('input[value="25x"]').uncheck()
    agree(page, answer.value.json())
    assert {level["band"] for level in answer.value.json()["levels"]}.isdisjoint({"25x"})
    expect(page).to_have_url(re.compile(r"bands=100x%2C50x%2C10x%2C5x%2C3x"))
    expect(page).not_to_have_url(re.compile("okx"))


def test_bars_are_stacked_by_leverage_without_asking_again(open_page: OpenPage) -> None:
    page = open_page(MAP)
    be_drawn(page)
    before = drawn(page)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.get_by_role("radio", name="By leverage").check()
    expect(page.locator("[data-legend] li").first).to_have_text("100x")
    expect(page).to_have_url(re.compile("stack=leverage"))
    assert drawn(page)["bars"] == pytest.approx(before["bars"])
    assert not [url for url in asked if "/liquidations/map" in url]
    page.reload()
    be_drawn(page)
    expect(page.locator("[data-legend] li").first).to_have_text("100x")


def test_a_range_around_the_price_is_asked_of_the_api(open_page: OpenPage) -> None:
    page = open_page(MAP)
    be_drawn(page)
    with page.expect_response(re.compile("/liquidations/map.*price_min")) as answer:
        page.get_by_role("button", name="±3 %").click()
    told = answer.value.json()
    expect(page).to_have_url(re.compile(r"price_min=\d+.*price_max=\d+"))
    assert told["price_range"]["max"] / told["price_range"]["min"] < 1.09
    with page.expect_response(re.compile("/liquidations/map")):
        page.get_by_role("button", name="Auto").click()
    expect(page).not_to_have_url(re.compile("price_min"))


def test_a_past_moment_and_one_side_are_asked_of_the_api(open_page: OpenPage) -> None:
    page = open_page(MAP)
    be_drawn(page)
    with page.expect_response(re.compile("/liquidations/map.*side=long")) as answer:
        page.get_by_label("Side").select_option("long")
    assert answer.value.json()["totals"]["short"] == 0
    with page.expect_response(re.compile("/liquidations/map.*at=2020")):
        page.get_by_label("As of").fill("2020-01-01T00:00")
        page.get_by_label("As of").press("Tab")
    expect(page.locator("[data-say-words]")).to_contain_text("in the two hours before")
    with page.expect_response(re.compile(r"/liquidations/map\?(?!.*at=)")):
        page.get_by_role("button", name="Now").click()
    be_drawn(page)
    expect(page).to_have_url(re.compile(r"side=long(?!.*at=)"))


def test_tooltip_tells_a_price_step_and_its_venues(
    open_page: OpenPage, frozen: dict[str, Any]
) -> None:
    page = open_page(MAP)
    be_drawn(page)
    page.locator("[data-map] .draglayer .xy").first.hover(position={"x": 200, "y": 60})
    tooltip = page.locator("[data-tooltip]")
    expect(tooltip).to_be_visible()
    words = tooltip.inner_text()
    level = next(
        level
        for level in frozen["levels"]
        if words.startswith(f"{figures.price(level['price_low'])} –")
    )
    assert figures.usd(level["long"] + level["short"]) in words
    assert f"{level['band']}-equivalent" in words
    assert "an estimate" in words
    expect(tooltip.locator("li")).to_have_count(len(level["exchange_breakdown"]))


def test_the_line_of_the_price_follows_fills_and_nothing_else(open_page: OpenPage) -> None:
    sockets: list[WebSocketRoute] = []
    page = open_page(MAP, lambda page: page.route_web_socket(FEED, keep(sockets)))
    be_drawn(page)
    price = page.locator("[data-price]")
    row = {"symbol": SYMBOL, "exchange": "binance", "exchange_time": "2026-11-22T12:00:00Z"}
    frame = {"type": "liquidations", "left_out": 0, "cells": []}
    sockets[-1].send(json.dumps({"type": "welcome", "connection": "x", "seq": 0, "resumed": True}))
    fill = row | {"price": 81_234.5, "price_kind": "fill"}
    other = row | {"price": 70_000.0, "price_kind": "bankruptcy"}
    sockets[-1].send(json.dumps(frame | {"seq": 1, "rows": [fill, other]}))
    expect(price).to_have_text("81\u202f234.5")
    expect(page.locator("[data-price-of]")).to_have_text("last fill, Binance 12:00:00")
    expect(page.locator("[data-map] .annotation").last).to_have_text("price 81\u202f234.5")


def test_where_nothing_is_frozen_the_server_says_what_is_missing(
    open_page: OpenPage, frozen: dict[str, Any]
) -> None:
    page = open_page(MAP)
    be_drawn(page)
    nothing = frozen | {"levels": [], "frozen_at": None}
    page.route("**/liquidations/map*", lambda route: route.fulfill(json=nothing))
    symbol = page.get_by_label("Symbol")
    with page.expect_event("load"):
        symbol.fill("SOLUSDT")
        symbol.press("Enter")
    expect(page).to_have_url(re.compile(r"/map/\?symbol=SOLUSDT"))
    expect(page).to_have_title(re.compile("SOLUSDT liquidation map"))


def test_no_exchange_selected_is_said_with_a_way_out(open_page: OpenPage) -> None:
    page = open_page(f"{MAP}&exchanges=")
    expect(page.get_by_text("No exchange selected.")).to_be_visible()
    page.get_by_role("button", name="Select all").click()
    be_drawn(page)


def test_tables_stand_in_for_the_chart_without_javascript(
    open_page: OpenPage, frozen: dict[str, Any]
) -> None:
    page = open_page(MAP, java_script_enabled=False)
    expect(page.get_by_text("The chart needs JavaScript")).to_be_visible()
    page.locator("[data-tables] summary").click()
    expect(page.locator("[data-by-price] tr")).to_have_count(len(frozen["levels"]))
    page.get_by_label("100x").uncheck()
    page.get_by_role("button", name="Show").click()
    expect(page).to_have_url(re.compile("bands=50x&bands=25x"))


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_is_wider_than_the_window(open_page: OpenPage, width: int) -> None:
    page = open_page(MAP, viewport={"width": width, "height": 800})
    be_drawn(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
