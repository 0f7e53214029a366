"""The tape page in a real browser: filters, pause, keys, sound, what happens to its socket."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from tests.browser.conftest import OpenPage
from tests.browser.looks import SECOND, a_frame, a_row, with_own_socket

pytestmark = pytest.mark.browser

ROWS = "[data-tape] tr"


def with_own_tape(open_page: OpenPage, query: str = "") -> tuple[Page, WebSocketRoute]:
    return with_own_socket(open_page, f"tape/?{query}")


def test_paused_tape_counts_and_goes_on_by_the_space_bar(open_page: OpenPage) -> None:
    page, socket = with_own_tape(open_page, "symbol=BTCUSDT&min_value=100000&side=long")
    page.keyboard.press(" ")
    expect(page.get_by_text("Paused: 0 new")).to_be_visible()
    small = a_row(event_id="bybit:small", value_usd=99_999.0)
    short = a_row(event_id="bybit:short", side="short")
    unknown = a_row(event_id="bybit:unknown", value_usd=None)
    rows = [a_row(event_id=f"bybit:live{n}") for n in range(3)]
    socket.send(a_frame(2, *rows, small, short, unknown))
    expect(page.get_by_text("Paused: 3 new")).to_be_visible()
    assert page.locator("[data-raw][href*=live]").count() == 0
    page.keyboard.press(" ")
    expect(page.locator("[data-raw][href*=live]")).to_have_count(3)
    expect(page.locator("[data-tape-state]")).to_be_hidden()
    for name in ("small", "short", "unknown"):
        assert page.locator(f"[data-raw][href$={name}]").count() == 0


def test_what_was_left_out_makes_the_count_a_lower_bound(open_page: OpenPage) -> None:
    page, socket = with_own_tape(open_page, "symbol=BTCUSDT&exchanges=bybit")
    page.get_by_role("button", name="Pause").click()
    socket.send(a_frame(2, a_row(), left_out=4))
    expect(page.get_by_text(re.compile(r"Paused: ≥ \d+ new"))).to_be_visible()


def test_skipped_frame_is_fetched(open_page: OpenPage) -> None:
    page, socket = with_own_tape(open_page, "symbol=BTCUSDT")
    socket.send(a_frame(2, a_row()))
    expect(page.locator("[data-raw][href$=live]")).to_be_visible()
    with page.expect_response(re.compile(r"/liquidations\?symbol=BTCUSDT"), timeout=9 * SECOND):
        socket.send(a_frame(4, a_row(event_id="bybit:more")))


def test_lost_socket_is_said_with_its_age(open_page: OpenPage) -> None:
    page, socket = with_own_tape(open_page)
    socket.close()
    words = page.locator("[data-connection]")
    expect(words).to_contain_text(
        re.compile(r"Connection lost \d+\ss ago, retrying. Numbers are from")
    )


def test_filters_show_the_rows_of_the_api_and_stand_in_the_address(open_page: OpenPage) -> None:
    page, _ = with_own_tape(open_page)
    expect(page.locator(ROWS).first).to_be_visible(timeout=15 * SECOND)
    with page.expect_response(re.compile(r"/liquidations\?.*side=short")) as answer:
        page.get_by_label("Side").select_option("short")
    rows = answer.value.json()["liquidations"]
    addresses = [page.evaluate("encodeURIComponent", row["event_id"]) for row in rows[:20]]
    expect(page.locator(ROWS)).to_have_count(len(rows))
    shown = page.locator("[data-tape] [data-raw]").evaluate_all(
        "links => links.map((link) => link.getAttribute('href').slice(14))"
    )
    assert set(addresses) <= set(shown)
    expect(page).to_have_url(re.compile(r"\?timeframe=24h&side=short$"))
    expect(page.get_by_role("link", name="CSV")).to_have_attribute(
        "href", re.compile("side=short.*format=csv")
    )
    page.reload()
    expect(page.get_by_label("Side")).to_have_value("short")


def test_refused_value_is_said(open_page: OpenPage, complaints: list[str]) -> None:
    page, _ = with_own_tape(open_page, "side=up&symbol=ETHUSDT")
    expect(page.get_by_text("side: One of long, short.")).to_be_visible()
    expect(page.get_by_label("Symbol")).to_have_value("ETHUSDT")
    assert all("400" in complaint for complaint in complaints)
    complaints.clear()


def test_sound_is_off_until_wanted_and_remembered(open_page: OpenPage) -> None:
    page, _ = with_own_tape(open_page)
    expect(page.get_by_role("button", name="Sound off")).to_have_attribute("aria-pressed", "false")
    page.keyboard.press("s")
    expect(page.get_by_role("button", name="Sound on")).to_have_attribute("aria-pressed", "true")
    page.get_by_label("Symbol").press("s")
    expect(page.get_by_role("button", name="Sound on")).to_be_visible()
    page.reload()
    expect(page.get_by_role("button", name="Sound on")).to_have_attribute("aria-pressed", "true")


def test_hidden_tab_is_not_written_and_rows_stay_few(open_page: OpenPage) -> None:
    page, socket = with_own_tape(open_page, "symbol=BTCUSDT")
    hide = "Object.defineProperty(document, 'hidden', { value: %s, configurable: true })"
    page.evaluate(hide % "true")
    socket.send(a_frame(2, *[a_row(event_id=f"bybit:live{n}") for n in range(300)]))
    socket.send(a_frame(3, a_row(event_id="bybit:last")))
    page.wait_for_timeout(600)
    assert page.locator("[data-raw][href*=live]").count() == 0
    page.evaluate(hide % "false")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.locator("[data-raw][href$=last]")).to_be_visible()
    expect(page.locator(ROWS)).to_have_count(200)


def test_hostile_words_stay_words(open_page: OpenPage) -> None:
    page, socket = with_own_tape(open_page)
    hostile = "<img src=x onerror=alert(1)>"
    socket.send(a_frame(2, a_row(event_id=f'bybit:"{hostile}/?#', symbol=hostile)))
    row = page.locator(ROWS, has_text=hostile)
    expect(row).to_be_visible()
    expect(row.get_by_role("link", name="raw")).to_have_attribute(
        "href", re.compile(r"^/liquidations/bybit%3A%22%3Cimg[^<>\"?#]*$")
    )
    assert page.locator("img[src=x]").count() == 0


def test_tape_is_right_without_javascript(open_page: OpenPage) -> None:
    page = open_page("tape/", java_script_enabled=False)
    page.get_by_label("Side").select_option("long")
    page.get_by_role("button", name="Show").click()
    expect(page).to_have_url(re.compile("side=long"))
    expect(page.locator(".band[data-band=refusal]")).to_be_hidden()
    assert set(page.locator(f"{ROWS} .side").all_inner_texts()) <= {"▼ long"}
