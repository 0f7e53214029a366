"""The layers of the main chart in a real browser: switches, colours, gaps, tooltip."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from heatmap.templatetags import figures
from tests.browser.chart import (
    TALL,
    as_rendered,
    drawn,
    embedded,
    point,
    some_cells,
    total_of,
)
from tests.browser.conftest import OpenPage
from tests.browser.demo import Demo
from tests.browser.looks import SECOND, no_live_rows
from tests.browser.story import store_story

pytestmark = pytest.mark.browser

SYMBOL = "LAYERSUSDT"
HIDE = """(hidden) => {
    Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
    window.drawings = 0;
    document.dispatchEvent(new Event("visibilitychange"));
}"""
STORY = f"?symbol={SYMBOL}&timeframe=4h"


@pytest.fixture(scope="module", autouse=True)
def story(demo: Demo) -> None:
    """A market of its own, ready when the first page opens."""
    store_story(demo, SYMBOL)


def traces(page: Page) -> list[str]:
    told: list[str] = page.evaluate(
        "document.querySelector('[data-heat]').data.map(({ type }) => type)"
    )
    return told


def test_all_layers_are_drawn_with_one_answer_of_the_server(open_page: OpenPage) -> None:
    page = open_page(STORY, lambda page: page.route("**/heatmap-timeseries**", lambda held: None))
    drawn(page)
    assert traces(page)[:4] == ["heatmap", "candlestick", "scatter", "scatter"]
    assert "bar" in traces(page)
    words = page.locator("[data-model]")
    expect(words).to_contain_text("liqsite-zones, flat-story, frozen ")
    expect(words).to_contain_text("sizes are estimates")
    expect(words.get_by_role("link")).to_have_attribute("href", "/scorecard/")


def test_ten_cells_are_what_the_tooltip_and_the_api_tell(open_page: OpenPage) -> None:
    page = open_page(STORY, as_rendered, viewport=TALL)
    drawn(page)
    told = embedded(page)
    tooltip = page.locator("[data-tooltip]")
    for cell in some_cells(page, 10):
        assert cell["usd"] == pytest.approx(total_of(told["predicted"], cell))
        page.mouse.move(*point(page, cell))
        expect(tooltip).to_contain_text(f"Predicted {figures.usd(cell['usd'])}, estimated")
        seen = total_of(told["grid"], cell)
        if seen:
            expect(tooltip).to_contain_text(re.compile(f"Observed.*{re.escape(figures.usd(seen))}"))


def test_ten_observed_cells_are_what_the_tooltip_and_the_api_tell(open_page: OpenPage) -> None:
    page = open_page(f"{STORY}&layers=observed", as_rendered, viewport=TALL)
    drawn(page)
    told = embedded(page)["grid"]
    tooltip = page.locator("[data-tooltip]")
    cells = some_cells(page, 10)
    assert len(cells) == 10
    for cell in cells:
        assert cell["usd"] == pytest.approx(total_of(told, cell))
        page.mouse.move(*point(page, cell))
        expect(tooltip).to_contain_text(figures.usd(cell["usd"]))
        expect(tooltip).to_contain_text(re.compile("100\u00a0%"))
        sampled = tooltip.get_by_text("Binance").count() > 0
        assert ("at least" in tooltip.inner_text()) == sampled


def test_switches_stand_in_the_address_and_survive_a_reload(open_page: OpenPage) -> None:
    page = open_page(STORY)
    drawn(page)
    page.get_by_role("checkbox", name="Candles").uncheck(force=True)
    page.get_by_label("Weighting").select_option("equal")
    expect(page).to_have_url(re.compile("layers=predicted,observed&zone_weighting=equal"))
    expect(page.locator("[data-threshold-max-words]")).to_contain_text("% of all")
    page.reload()
    drawn(page)
    assert "candlestick" not in traces(page)
    expect(page.get_by_role("checkbox", name="Candles")).not_to_be_checked()
    expect(page.get_by_label("Weighting")).to_have_value("equal")
    page.get_by_role("checkbox", name="Predicted").uncheck(force=True)
    expect(page.get_by_label("Weighting")).to_be_hidden()
    expect(page.locator("[data-model]")).to_be_hidden()
    expect(page).to_have_url(re.compile("layers=observed&"))


def test_colours_follow_the_keyboard_and_the_address(open_page: OpenPage) -> None:
    page = open_page(STORY, no_live_rows)
    drawn(page)
    limits = "(({ zmin, zmax }) => [zmin, zmax])(document.querySelector('[data-heat]').data[0])"
    low, high = page.evaluate(limits)
    slider = page.get_by_role("slider", name="Colours begin at")
    slider.focus()
    for _ in range(5):
        slider.press("ArrowRight")
    expect(page).to_have_url(re.compile("color_min="))
    page.wait_for_function(f"() => {limits}[0] > {low}")
    assert page.evaluate(limits)[1] == pytest.approx(high)
    words = page.locator("[data-threshold-min-words]").inner_text()
    expect(slider).to_have_attribute("aria-valuetext", words)
    page.reload()
    drawn(page)
    expect(page.locator("[data-threshold-min-words]")).to_have_text(words)
    page.get_by_role("button", name="auto").click()
    expect(page).not_to_have_url(re.compile("color_min="))


def test_what_was_not_covered_is_hatched_and_said(open_page: OpenPage) -> None:
    page = open_page(f"{STORY}&layers=predicted", no_live_rows)
    drawn(page)
    stripe = page.locator("[data-gaps] .whole").first
    expect(stripe).to_be_visible()
    expect(page.locator("[data-gap-whole-words]")).to_have_text(
        re.compile(r"not covered until \d\d:\d\d UTC")
    )
    box = stripe.bounding_box()
    assert box and box["width"] > 100
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page.locator("[data-tooltip]")).to_contain_text("Not covered by any exchange")


def test_where_the_store_begins_is_said(open_page: OpenPage) -> None:
    page = open_page("?timeframe=7d", no_live_rows)
    drawn(page)
    expect(page.locator("[data-stored-since]")).to_have_text(
        re.compile(r"Stored since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC\.")
    )


def test_hidden_tab_is_not_drawn(open_page: OpenPage) -> None:
    page = open_page()
    drawn(page)
    page.evaluate(
        """() => {
            const react = Plotly.react;
            Plotly.react = (...told) => { window.drawings += 1; return react(...told); };
        }"""
    )
    page.evaluate(HIDE, True)
    # What was being drawn is drawn to its end.
    page.wait_for_timeout(1 * SECOND)
    page.evaluate("window.drawings = 0")
    # Three liquidations a second arrive meanwhile.
    page.wait_for_timeout(2 * SECOND)
    assert page.evaluate("window.drawings") == 0
    page.evaluate(HIDE, False)
    page.wait_for_function("() => window.drawings > 0")


def test_phone_has_no_profile(open_page: OpenPage) -> None:
    page = open_page(STORY, viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True)
    drawn(page)
    assert "bar" not in traces(page)
    expect(page.locator("[data-profile-legend]")).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth") == 390
