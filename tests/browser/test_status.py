"""The status page in a real browser: rows follow the venues, figures are renewed, words stay."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from tests.browser.conftest import OpenPage
from tests.browser.demo import Demo
from tests.browser.looks import FEED, SECOND, chip, keep, too_wide

pytestmark = pytest.mark.browser

BACKGROUND = "(row) => getComputedStyle(row).backgroundColor"
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True}

STOPPED = re.compile(r"The collector stopped .* ago")


def row_is(page: Page, exchange: str, state: str, seconds: float) -> None:
    expect(chip(page, exchange, state)).to_be_visible(timeout=seconds * SECOND)


def test_row_of_a_venue_that_drops_turns_red_and_back(open_page: OpenPage, demo: Demo) -> None:
    pages = [open_page("status/"), open_page("status/")]
    for page in pages:
        row_is(page, "gate", "live", 20)
    gaps = pages[0].locator('[data-fragment="gate-count"]').inner_text()
    calm = pages[0].locator("#gate").evaluate(BACKGROUND)
    demo.set_fault("gate", "403", 4)
    demo.set_fault("gate", "drop", 1)
    for page in pages:
        row_is(page, "gate", "blocked", 5)
        expect(page.locator("#gate [data-reason]")).to_contain_text("HTTP 403")
        assert page.locator("#gate").evaluate(BACKGROUND) != calm
        row_is(page, "binance", "live", 5)
    expect(pages[0].locator('[data-fragment="gate-count"]')).not_to_have_text(
        gaps, timeout=15 * SECOND
    )
    for page in pages:
        row_is(page, "gate", "live", 60)
        assert page.locator("#gate").evaluate(BACKGROUND) == calm


def test_open_ledger_stays_open_while_figures_are_renewed(open_page: OpenPage) -> None:
    page = open_page("status/")
    row_is(page, "bybit", "live", 20)
    page.locator("#bybit summary").focus()
    page.keyboard.press("Enter")
    ledger = page.locator("#bybit .scroll")
    expect(ledger).to_contain_text("connecting for the first time")
    events = page.locator("#bybit [data-events]")
    expect(events).not_to_have_text(events.inner_text(), timeout=30 * SECOND)
    expect(ledger).to_be_visible()
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"


def test_ledger_has_the_gaps_of_the_api(open_page: OpenPage, demo: Demo) -> None:
    page = open_page("status/", java_script_enabled=False)
    told = page.request.get(f"{demo.url}exchanges/okx/gaps?timeframe=24h").json()["gaps"]
    page.locator("#okx summary").click()
    reasons = page.locator("#okx .scroll td.reason").all_inner_texts()
    assert [reason.strip() for reason in reasons] == [gap["reason"] for gap in told]
    assert reasons


def test_stopped_worker_is_said_and_no_row_is_red(open_page: OpenPage, demo: Demo) -> None:
    page = open_page("status/")
    row_is(page, "binance", "live", 20)
    words = page.get_by_text(STOPPED)
    with demo.frozen_worker():
        expect(words).to_be_visible(timeout=15 * SECOND)
        expect(page.locator('.feed:not([data-state="unknown"])')).to_have_count(0)
        plain = open_page("status/", java_script_enabled=False)
        expect(plain.get_by_text(STOPPED)).to_be_visible()
    expect(words).to_be_hidden(timeout=15 * SECOND)
    row_is(page, "binance", "live", 20)


def test_hostile_words_of_a_venue_stay_words(open_page: OpenPage) -> None:
    hostile = "<img src=x onerror=alert(1)>"
    sockets: list[WebSocketRoute] = []
    page = open_page("status/", lambda page: page.route_web_socket(FEED, keep(sockets)))
    expect(page.locator(".feed").first).to_be_visible()
    row = {
        "exchange": "bybit",
        "state": "failed",
        "since": "2026-11-22T08:00:00Z",
        "reason": hostile,
        "is_connected": False,
        "last_event_at": None,
    }
    frame = {"type": "health", "seq": 1, "at": "2099-01-01T00:00:00Z", "full": False}
    worker = {"is_running": True, "since": None, "message": ""}
    sockets[-1].send(json.dumps(frame | {"rows": [row], "worker": worker}))
    expect(chip(page, "bybit", "failed")).to_contain_text(hostile)
    expect(chip(page, "bybit", "failed")).to_contain_text("none since the start")
    assert page.locator("img[src=x]").count() == 0


def test_lost_socket_is_said(open_page: OpenPage) -> None:
    sockets: list[WebSocketRoute] = []
    page = open_page("status/", lambda page: page.route_web_socket(FEED, keep(sockets)))
    expect(page.locator("[data-connection]")).to_have_text(re.compile("Connected"))
    sockets[-1].close()
    expect(page.locator("[data-connection]")).to_contain_text(
        re.compile(r"Connection lost \d+\ss ago, retrying\. Numbers are from")
    )


def test_phone_needs_no_sideways_scroll(open_page: OpenPage) -> None:
    page = open_page("status/", **PHONE)
    row_is(page, "bybit", "live", 20)
    page.locator("#bybit summary").click()
    assert too_wide(page) == 0
