"""The heatmap page in a real browser: what it shows and what a person can do."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Route, expect

from exchanges.adapters import adapters
from heatmap.templatetags import figures
from tests.browser.conftest import OpenPage
from tests.browser.demo import NOTICE
from tests.browser.looks import DRAWN, SECOND, be_live, chip, no_live_rows

pytestmark = pytest.mark.browser


def test_page_fills_within_15_seconds(open_page: OpenPage) -> None:
    page = open_page()
    be_live(page)
    expect(page.locator(DRAWN)).to_be_visible(timeout=15 * SECOND)
    expect(page.locator("[data-bars] .barlayer path")).not_to_have_count(0)
    expect(page.locator("[data-tape] li").first).to_be_visible()
    expect(page.locator("[data-connection]")).to_have_text(re.compile("Connected"))
    expect(page.get_by_text(NOTICE)).to_be_visible()


def test_selecting_an_exchange_shows_the_numbers_of_the_api(open_page: OpenPage) -> None:
    page = open_page(prepare=no_live_rows)
    be_live(page)
    page.get_by_role("button", name="None").click()
    with page.expect_response(
        re.compile(r"heatmap-timeseries\?(?!.*layer=predicted).*exchanges=bybit$")
    ) as answer:
        page.get_by_role("checkbox", name="Bybit").check()
    totals = answer.value.json()["totals"]
    expect(page.locator('[data-total="long"]')).to_have_text(figures.usd(totals["long"]))
    expect(page.locator('[data-total="short"]')).to_have_text(figures.usd(totals["short"]))
    expect(page.locator('[data-total="count"]')).to_have_text(figures.count(totals["count"]))
    expect(page).to_have_url(re.compile(r"exchanges=bybit$"))
    expect(page.locator("[data-legend]")).to_have_text("Bybit")


def test_link_shows_the_same_again(open_page: OpenPage) -> None:
    page = open_page("?symbol=ETHUSDT&timeframe=1h&exchanges=bybit")
    expect(page.get_by_role("checkbox", name="Binance")).not_to_be_checked()
    expect(page.get_by_role("radio", name="1h", exact=True)).to_be_checked()
    expect(page.get_by_label("Symbol")).to_have_value("ETHUSDT")


def test_no_exchange_selected_is_said_with_a_way_out(open_page: OpenPage) -> None:
    page = open_page()
    be_live(page)
    page.get_by_role("button", name="None").click()
    expect(page.get_by_text("No exchange selected.")).to_be_visible()
    page.get_by_role("button", name="Select all").click()
    expect(page.locator(DRAWN)).to_be_visible(timeout=5 * SECOND)


def test_error_of_the_api_is_said_and_the_old_chart_stays(
    open_page: OpenPage, complaints: list[str]
) -> None:
    page = open_page()
    expect(page.locator(DRAWN)).to_be_visible(timeout=15 * SECOND)
    refusal = {"detail": "The store is away.", "code": "store_unavailable"}
    page.route("**/heatmap-timeseries**", lambda route: route.fulfill(json=refusal, status=503))
    page.get_by_role("radio", name="4h", exact=True).check(force=True)
    expect(page.get_by_text("The store is away.")).to_be_visible()
    expect(page.locator(DRAWN)).to_be_visible()
    page.unroute("**/heatmap-timeseries**")
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_text("The store is away.")).to_be_hidden()
    assert all("503" in complaint for complaint in complaints)
    complaints.clear()


def test_slow_answer_is_said_and_the_last_click_wins(open_page: OpenPage) -> None:
    page = open_page(prepare=no_live_rows)
    expect(page.locator(DRAWN)).to_be_visible(timeout=15 * SECOND)
    held: list[Route] = []
    page.route("**/heatmap-timeseries*timeframe=4h*", lambda route: held.append(route))
    page.get_by_role("radio", name="4h", exact=True).check(force=True)
    expect(page.get_by_text("Loading…")).to_be_visible()
    expect(page.locator("[data-frame]")).to_have_attribute("aria-busy", "true")
    page.get_by_role("radio", name="1h", exact=True).check(force=True)
    expect(page.get_by_text("Loading…")).to_be_hidden()
    expect(page.locator("[data-range]").first).to_have_text("1\u00a0h")


def test_refused_question_is_said_in_the_words_of_the_api(
    open_page: OpenPage, complaints: list[str]
) -> None:
    page = open_page()
    expect(page.locator(DRAWN)).to_be_visible(timeout=15 * SECOND)
    page.get_by_label("Symbol").fill('BTC"')
    page.get_by_label("Symbol").press("Enter")
    expect(page.get_by_text("A symbol is letters and digits, like BTCUSDT.")).to_be_visible()
    expect(page.get_by_text("Loading…")).to_be_hidden()
    assert all("400" in complaint for complaint in complaints)
    complaints.clear()


def test_refused_address_stays_said_until_something_is_chosen(
    open_page: OpenPage, complaints: list[str]
) -> None:
    page = open_page("?timeframe=99y")
    be_live(page)
    expect(page.locator(DRAWN)).to_be_visible(timeout=15 * SECOND)
    words = page.get_by_text("timeframe: A timeframe is one of")
    expect(words).to_be_visible()
    page.get_by_role("radio", name="1h", exact=True).check(force=True)
    expect(words).to_be_hidden()
    assert all("400" in complaint for complaint in complaints)
    complaints.clear()


def test_numbers_are_written_alike_on_both_sides(open_page: OpenPage) -> None:
    page = open_page()
    values = [0, 0.05, 3.2, 12.34, 812, 999.4, 1000, 12_345, 3_170_000, 82.3e6, 4.2e9]
    written = page.evaluate(
        """async (values) => {
            const { count, price, usd } = await import("/static/js/lib/format.js");
            return values.map((value) => [usd(value), price(value), count(Math.floor(value))]);
        }""",
        values,
    )
    assert written == [
        [figures.usd(value), figures.price(value), figures.count(int(value))] for value in values
    ]


def test_theme_is_remembered(open_page: OpenPage) -> None:
    page = open_page(color_scheme="dark")
    page.get_by_role("button", name="Light theme").click()
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    expect(page.get_by_role("button", name="Dark theme")).to_be_visible()


def test_phone_needs_no_sideways_scrolling(open_page: OpenPage) -> None:
    page = open_page(viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True)
    be_live(page)
    expect(page.locator(DRAWN)).to_be_visible(timeout=15 * SECOND)
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_page_is_right_without_javascript(open_page: OpenPage) -> None:
    page = open_page("?timeframe=1h", java_script_enabled=False)
    expect(page.locator('[data-total="both"]')).to_have_text(re.compile(r"\$\d"))
    expect(chip(page, "binance", "live")).to_contain_text("Binance")
    expect(page.get_by_text("The charts need JavaScript")).to_be_visible()
    page.get_by_role("radio", name="4h", exact=True).check(force=True)
    for exchange in set(adapters()) - {"bybit"}:
        page.locator(f'input[name="exchanges"][value="{exchange}"]').uncheck()
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_text("4\u00a0h").first).to_be_visible()
    page.get_by_text("Same data as a table").click()
    expect(page.locator("[data-parts] th")).to_have_text(["Bybit"])
