"""The comparison page in a real browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from heatmap.templatetags import figures
from tests.browser.conftest import OpenPage
from tests.browser.looks import SECOND, no_live_rows

pytestmark = pytest.mark.browser

PANELS = "[data-panel]:not([hidden])"
AXES = """(panels) => panels.map((panel) => {
    const chart = panel.querySelector("[data-chart]");
    const { xaxis, yaxis } = chart._fullLayout;
    const { zmin, zmax } = chart.data[0];
    return JSON.stringify([xaxis.range, yaxis.range, zmin, zmax]);
})"""


def test_panels_tell_the_numbers_of_the_api_on_the_same_axes(open_page: OpenPage) -> None:
    page = open_page("compare/?timeframe=1h", no_live_rows)
    chart = page.locator("[data-chart] .heatmaplayer image").first
    expect(chart).to_be_visible(timeout=15 * SECOND)
    for exchange in ("bitfinex", "okx", "bybit"):
        page.locator(f'input[value="{exchange}"]').uncheck()
    with page.expect_response(re.compile("heatmap-timeseries.*side=long")) as answer:
        page.get_by_label("Side").select_option("long")
    told = answer.value.json()
    expect(page.locator(PANELS)).to_have_count(len(told["exchanges"]))
    for exchange, part in told["per_exchange"].items():
        least = "≥ " if part["is_lower_bound"] else ""
        total = page.locator(f'[data-panel="{exchange}"] [data-sum]')
        expect(total).to_have_text(f"{least}{figures.usd(part['long'] + part['short'])}")
    expect(page.locator("[data-totals-of] tr")).to_have_count(len(told["exchanges"]))
    expect(page.locator(f"{PANELS} .cartesianlayer")).to_have_count(len(told["exchanges"]))
    for _ in range(50):
        axes = set(page.locator(PANELS).evaluate_all(AXES))
        if len(axes) == 1:
            break
        page.wait_for_timeout(100)
    assert len(axes) == 1
    expect(page).to_have_url(re.compile("side=long"))


def test_what_was_not_covered_is_hatched(open_page: OpenPage) -> None:
    page = open_page("compare/?timeframe=1h&exchanges=binance", no_live_rows)
    stripes = page.locator('[data-panel="binance"] [data-gaps] i')
    expect(stripes.first).to_be_attached(timeout=15 * SECOND)
    told, hatched = page.evaluate(
        """() => {
            const { coverage } = JSON.parse(document.getElementById("embedded").textContent).grid;
            const stripes = [...document.querySelectorAll("[data-panel=binance] [data-gaps] i")];
            const widths = stripes.map((stripe) => parseFloat(stripe.style.width));
            return [coverage.binance.covered_percent, widths.reduce((a, b) => a + b)];
        }"""
    )
    assert hatched == pytest.approx(100 - told, abs=6)
    assert hatched > 0
    # The page asks once more when its socket is there, a moment after the server rendered it.
    covered = page.locator('[data-panel="binance"] [data-covered]').inner_text()
    [percent] = re.findall(r"^covered ([\d.]+)\s%$", covered)
    assert float(percent) == pytest.approx(told, abs=1)


def test_no_exchange_selected_is_said_with_a_way_out(open_page: OpenPage) -> None:
    page = open_page("compare/?exchanges=", no_live_rows)
    expect(page.get_by_text("No exchange selected.")).to_be_visible()
    page.get_by_role("button", name="Select all").click()
    expect(page.locator(PANELS)).not_to_have_count(0)


def test_table_stands_in_for_the_charts_without_javascript(open_page: OpenPage) -> None:
    page = open_page("compare/?exchanges=binance,bybit", java_script_enabled=False)
    expect(page.locator("[data-totals-of] th")).to_have_text(["Binance", "Bybit"])
    expect(page.get_by_text("The charts need JavaScript")).to_be_visible()
    expect(page.locator(PANELS)).to_have_count(0)
