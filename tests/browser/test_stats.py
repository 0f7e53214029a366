"""The statistics page in a real browser: numbers of the API, order, filters, failures."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from heatmap.templatetags.figures import count, percent, usd
from tests.browser.conftest import OpenPage
from tests.browser.demo import Demo
from tests.browser.looks import SECOND, be_live, too_wide

pytestmark = pytest.mark.browser

PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True}
ROWS = "[data-window='24h'] tbody tr"


def table_of(page: Page, timeframe: str) -> dict[str, list[str]]:
    """Return what stands in the rows of a window, in their order."""
    rows = page.locator(f"[data-window='{timeframe}'] tr[data-row]").evaluate_all(
        """rows => rows.map((row) => [row.dataset.row, [...row.querySelectorAll("td")].map(
            (cell) => {
                const seen = cell.cloneNode(true);
                seen.querySelectorAll(".unseen, small").forEach((part) => part.remove());
                return seen.textContent.replaceAll("\\u00a0", " ").trim();
            })])"""
    )
    return dict(rows)


def wanted(
    part: dict[str, Any], whole: dict[str, Any], largest: dict[str, Any] | None
) -> list[str]:
    """Return the cells of a row whose numbers are those of the API."""
    least = "≥ " if part["is_lower_bound"] else ""
    both, all_of_it = (sides["long"] + sides["short"] for sides in (part, whole))
    sign = {"long": "▼ long", "short": "▲ short"}
    return [
        *(f"{least}{usd(value)}" for value in (part["long"], part["short"], both)),
        percent(100 * (both / all_of_it)).replace("\xa0", " ") if all_of_it else "–",
        f"{least}{count(part['count'])}",
        f"{least}{sign[largest['side']]} {usd(largest['value_usd'])}" if largest else "–",
    ]


def compare(page: Page, demo: Demo, filters: str) -> None:
    told = page.request.get(f"{demo.url}liquidations/summary?{filters}").json()["windows"]
    for timeframe, window in told.items():
        shown = table_of(page, timeframe)
        for name, part in window["per_exchange"].items():
            largest = window["largest_per_exchange"][name]
            assert shown[name] == wanted(part, window["totals"], largest)
        assert shown["all"] == wanted(window["totals"], window["totals"], window["largest"])


def test_tables_are_the_api_and_follow_the_filters(open_page: OpenPage, demo: Demo) -> None:
    page = open_page()
    be_live(page)
    expect(page.locator("[data-tape] li").first).to_be_visible(timeout=20 * SECOND)
    with demo.frozen_worker():
        page.goto(f"{demo.url}stats/")
        compare(page, demo, "")
        page.get_by_role("combobox", name="Symbol").fill("btcusdt")
        page.get_by_role("combobox", name="Symbol").press("Enter")
        expect(page.get_by_role("heading", name="Liquidated: BTCUSDT")).to_be_visible()
        compare(page, demo, "symbol=BTCUSDT")
        page.locator('.chip[data-exchange="binance"] input').uncheck()
        expect(page.locator("[data-row=binance]")).to_have_count(0)
        names = [name for name in table_of(page, "1h") if name != "all"]
        expect(page).to_have_url(re.compile(r"symbol=BTCUSDT.*exchanges="))
        compare(page, demo, f"symbol=BTCUSDT&exchanges={','.join(names)}")
        page.reload()
        compare(page, demo, f"symbol=BTCUSDT&exchanges={','.join(names)}")


@pytest.mark.parametrize("has_script", [True, False])
def test_headings_sort_and_turn_round(open_page: OpenPage, has_script: bool) -> None:
    page = open_page("stats/?exchanges=binance,bybit,okx", java_script_enabled=has_script)
    heading = page.locator("[data-window='24h'] th", has_text="Exchange")
    heading.get_by_role("link").click()
    expect(heading).to_have_attribute("aria-sort", "ascending")
    expect(page.locator(ROWS).first).to_contain_text("Binance")
    expect(page).to_have_url(re.compile(r"exchanges=binance.*&sort=exchange"))
    heading.get_by_role("link").click()
    expect(heading).to_have_attribute("aria-sort", "descending")
    expect(page.locator(ROWS).first).to_contain_text("OKX")
    if has_script:
        assert page.evaluate("document.activeElement.id") == "24h-exchange"
        page.get_by_label("7d").check(force=True)
        expect(page).to_have_url(re.compile(r"timeframe=7d.*&sort=-exchange"))
        expect(page.get_by_role("heading", name="Correlation of exchanges")).to_contain_text(
            "7\xa0d"
        )


def test_tables_are_renewed_by_themselves(open_page: OpenPage) -> None:
    page = open_page("stats/")
    time = page.locator("[data-fragment='as-of'] time")
    before = time.get_attribute("datetime") or ""
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(time).not_to_have_attribute("datetime", before, timeout=15 * SECOND)


def test_no_exchange_selected_is_said_with_a_way_back(open_page: OpenPage) -> None:
    page = open_page("stats/")
    page.get_by_role("button", name="None").click()
    expect(page.get_by_text("No exchange selected.")).to_be_visible()
    expect(page.locator("[data-window]")).to_have_count(0)
    page.get_by_role("link", name="Select all").click()
    expect(page.locator("[data-window]")).to_have_count(4)


def test_refused_value_is_said(open_page: OpenPage, complaints: list[str]) -> None:
    page = open_page("stats/")
    page.get_by_role("combobox", name="Symbol").fill("NOSUCHCOIN")
    page.get_by_role("combobox", name="Symbol").press("Enter")
    expect(page.get_by_text("No data found for symbol 'NOSUCHCOIN'")).to_be_visible()
    assert all("400" in complaint for complaint in complaints)
    complaints.clear()
    page.get_by_role("combobox", name="Symbol").fill("")
    page.get_by_role("combobox", name="Symbol").press("Enter")
    expect(page.get_by_text("No data found")).to_be_hidden()


def test_failing_site_is_said_and_asked_again(open_page: OpenPage, complaints: list[str]) -> None:
    failing = [True]

    def answer(route: Route) -> None:
        is_page = "sort=" in route.request.url
        route.fulfill(status=500) if failing and is_page else route.continue_()

    page = open_page("stats/", lambda page: page.route("**/stats/*", answer))
    page.locator("[data-window='1h'] th", has_text="Count").get_by_role("link").click()
    expect(page.get_by_text("The site answered with status 500.")).to_be_visible()
    expect(page.locator("[data-window]")).to_have_count(4)
    failing.clear()
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_text("The site answered with status 500.")).to_be_hidden()
    expect(page.locator("[data-window='1h'] th", has_text="Count")).to_have_attribute(
        "aria-sort", "descending"
    )
    assert all("500" in complaint for complaint in complaints)
    complaints.clear()


def test_phone_needs_no_sideways_scroll(open_page: OpenPage) -> None:
    page = open_page("stats/", **PHONE)
    expect(page.locator("[data-window]").first).to_be_visible()
    assert too_wide(page) == 0
