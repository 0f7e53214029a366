"""The controls of the main page: what they ask for, where they stand, what leaves by them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, Response, expect

from heatmap.templatetags import figures
from tests.browser.conftest import OpenPage
from tests.browser.looks import (
    DRAWN,
    SECOND,
    a_frame,
    a_row,
    no_live_rows,
    with_own_socket,
)

pytestmark = pytest.mark.browser

# What was predicted is asked for beside it.
GRID = re.compile(r"heatmap-timeseries\?(?!.*layer=predicted)")

KEEP_FIGURE = """() => {
    const make = Plotly.toImage;
    Plotly.toImage = (figure, size) => {
        window.pictured = { layout: figure.layout };
        return make(figure, size);
    };
}"""


def drawn(open_page: OpenPage, query: str = "", **options: str) -> Page:
    page = open_page(query, no_live_rows, **options)
    expect(page.locator(DRAWN)).to_be_visible(timeout=20 * SECOND)
    return page


def choose(page: Page, label: str, value: str) -> Response:
    """Choose in a list or fill a field, and return the API's answer to it."""
    control = page.get_by_label(label)
    with page.expect_response(GRID) as answer:
        if control.evaluate("element => element.tagName") == "SELECT":
            control.select_option(value)
        else:
            control.fill(value)
            control.press("Tab")
    return answer.value


def test_every_control_stands_in_the_address_and_asks_the_api(open_page: OpenPage) -> None:
    page = drawn(open_page)
    choose(page, "Side", "short")
    choose(page, "Minimum $", "10")
    choose(page, "Interval", "5m")
    answer = choose(page, "Price bin $", "50")
    for part in ("side=short", "min_value=10", "interval=5m", "price_bin_size=50"):
        assert part in page.url
        assert part in answer.url
    expect(page.locator('[data-total="count"]')).to_have_text(
        figures.count(answer.json()["totals"]["count"])
    )
    assert answer.json()["price"]["step"] == 50
    # The chart is drawn once a second at most.
    page.wait_for_function("() => document.querySelector('[data-heat]').data[0].dy === 50")
    page.reload()
    expect(page.get_by_label("Side")).to_have_value("short")
    expect(page.get_by_label("Interval")).to_have_value("5m")
    expect(page.get_by_label("Price bin $")).to_have_value("50")


def test_a_range_of_two_times_is_asked_for_and_left_again(open_page: OpenPage) -> None:
    page = drawn(open_page)
    begin = datetime.now(UTC) - timedelta(hours=2)
    with page.expect_response(GRID):
        page.get_by_role("radio", name="from–to").check(force=True)
    with page.expect_response(GRID) as answer:
        page.get_by_label("From", exact=True).fill(figures.minute(begin))
    told = datetime.fromisoformat(answer.value.json()["start"])
    assert told == begin.replace(second=0, microsecond=0)
    expect(page).to_have_url(re.compile(r"start=\d{4}-\d\d-\d\dT\d\d%3A\d\d%3A00Z"))
    assert "timeframe" not in page.url
    expect(page.locator("[data-range]").first).to_contain_text(f"{begin:%Y-%m-%d %H:%M} to ")
    page.get_by_role("button", name="Now", exact=True).click()
    expect(page).to_have_url(re.compile("timeframe=24h"))
    expect(page.get_by_label("From", exact=True)).to_be_hidden()


def test_live_rows_outside_the_range_are_not_counted(open_page: OpenPage) -> None:
    end = datetime.now(UTC).replace(second=0, microsecond=0)
    query = f"?end={figures.iso(end)}&timeframe=1h"
    page, socket = with_own_socket(open_page, query)
    tape = page.locator("[data-tape] li")
    before = tape.count()
    late = a_row(exchange_time=figures.iso(end + timedelta(seconds=1)), event_id="bybit:late")
    early = a_row(exchange_time=figures.iso(end - timedelta(seconds=1)), price=81_234.5)
    socket.send(a_frame(2, late, early))
    expect(page.locator("[data-tape]")).to_contain_text("81\u202f234.5")
    assert tape.count() == before + 1


def test_strip_tells_the_totals_of_the_api_and_grows(open_page: OpenPage) -> None:
    page, socket = with_own_socket(open_page)
    with page.expect_response(re.compile("/liquidations/summary.*exchanges=bybit$")) as answer:
        page.get_by_role("button", name="None").click()
        page.get_by_role("checkbox", name="Bybit").check()
    for name, window in answer.value.json()["windows"].items():
        part = page.locator(f'[data-window="{name}"]')
        totals = window["totals"]
        expect(part.locator("[data-sum]")).to_have_text(
            figures.usd(totals["long"] + totals["short"])
        )
        expect(part.locator("[data-least]")).to_be_hidden()
    socket.send(a_frame(2, a_row(value_usd=77e6, price=81_234.5)))
    largest = page.locator("[data-largest]")
    expect(largest).to_contain_text("$77.0M")
    expect(largest).to_contain_text("Bybit ▼ long 81\u202f234.5")
    expect(page.locator('[data-window="1h"] [data-sum]')).to_have_text(re.compile(r"^\$\d\d\.\dM$"))
    page.get_by_role("checkbox", name="Binance").check()
    expect(page.locator('[data-window="1h"] [data-least]')).to_be_visible()


def test_link_is_copied(open_page: OpenPage) -> None:
    page = drawn(open_page, permissions=["clipboard-read", "clipboard-write"])  # type: ignore[arg-type]
    choose(page, "Side", "long")
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == page.url
    assert "side=long" in page.url


def test_local_times_are_remembered_and_written_everywhere(open_page: OpenPage) -> None:
    start = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(hours=1)
    query = f"?start={figures.iso(start)}"
    page = drawn(open_page, query, timezone_id="Asia/Kolkata")
    expect(page.get_by_label("From", exact=True)).to_have_value(figures.minute(start))
    page.get_by_role("button", name="Times in UTC").click()
    expect(page.get_by_role("button", name="Times in UTC+5:30")).to_be_visible()
    local = start + timedelta(hours=5, minutes=30)
    expect(page.get_by_label("From", exact=True)).to_have_value(f"{local:%Y-%m-%dT%H:%M}")
    newest = page.locator("[data-tape] time").first
    expect(newest).to_have_attribute("title", re.compile(r"UTC\+5:30$"))
    moment = datetime.fromisoformat(str(newest.get_attribute("datetime")))
    expect(newest).to_have_text(f"{moment + timedelta(hours=5, minutes=30):%H:%M:%S}")
    ticks = page.locator("[data-heat] .xtick text")
    expect(ticks.first).to_contain_text(
        re.compile(rf"{local:%H}:|{local + timedelta(hours=1):%H}:")
    )
    page.get_by_label("Side").select_option("long")
    expect(page).to_have_url(re.compile(re.escape(f"{start:%H}%3A{start:%M}")))


def test_chart_is_saved_as_a_picture_without_asking_anybody(
    open_page: OpenPage, tmp_path: Path
) -> None:
    page = drawn(open_page)
    page.evaluate(KEEP_FIGURE)
    with page.expect_download() as download:
        page.get_by_role("button", name="PNG").click()
    figure = page.evaluate("window.pictured")
    shades = [shape for shape in figure["layout"]["shapes"] if shape["yref"] == "y domain"]
    assert len(shades) == page.locator("[data-gaps] i").count() > 0
    assert "shaded: not covered" in figure["layout"]["title"]["text"]
    assert re.match(
        r"liqsite-BTCUSDT-liquidated-24-h-[\d-]+\.png", download.value.suggested_filename
    )
    path = tmp_path / "chart.png"
    download.value.save_as(path)
    assert path.read_bytes().startswith(b"\x89PNG")
    assert path.stat().st_size > 20_000


def test_files_hold_what_is_shown_and_say_that_it_is_simulated(open_page: OpenPage) -> None:
    page = drawn(open_page)
    choose(page, "Side", "short")
    for label, form in (("CSV", "csv"), ("Parquet", "parquet")):
        address = str(page.get_by_role("link", name=label).get_attribute("href"))
        assert "side=short" in address
        with page.expect_download() as download:
            page.get_by_role("link", name=label).click()
        name = download.value.suggested_filename
        assert name.endswith(f"simulated-venues-these-are-not-market-data.{form}")
