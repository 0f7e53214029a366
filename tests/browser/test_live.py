"""The heatmap page while things happen: new rows, refusing venues, lost sockets."""

from __future__ import annotations

import json
import re
from datetime import datetime

import pytest
from playwright.sync_api import WebSocketRoute, expect

from tests.browser.conftest import OpenPage
from tests.browser.demo import ROOT, Demo
from tests.browser.looks import FEED, SECOND, be_live, chip, keep, total

pytestmark = pytest.mark.browser

# Notes when the badge changed, to the millisecond.
WATCH_BADGE = """() => {
    const badge = document.querySelector('[data-exchange="okx"]');
    new MutationObserver(() => {
        if (badge.dataset.state === "blocked") window.shownAt ??= Date.now();
    }).observe(badge, { attributes: true });
}"""


def test_new_liquidations_arrive_by_themselves(open_page: OpenPage) -> None:
    page = open_page()
    be_live(page)
    first = page.locator("[data-tape] li").first
    expect(first).to_be_visible(timeout=15 * SECOND)
    before, count = first.inner_text(), total(page, "count")
    expect(first).not_to_have_text(before, timeout=15 * SECOND)
    expect(page.locator('[data-total="count"]')).not_to_have_text(count, timeout=15 * SECOND)


def test_both_open_pages_follow_a_venue_that_refuses(open_page: OpenPage, demo: Demo) -> None:
    pages = [open_page(), open_page()]
    for page in pages:
        be_live(page)
    demo.set_fault("bybit", "403", 4)
    for page in pages:
        expect(chip(page, "bybit", "blocked")).to_contain_text("403", timeout=5 * SECOND)
        expect(chip(page, "binance", "live")).to_be_visible()
    for page in pages:
        expect(chip(page, "bybit", "live")).to_be_visible(timeout=60 * SECOND)


def test_paused_tape_stands_still_and_counts(open_page: OpenPage) -> None:
    page = open_page()
    first = page.locator("[data-tape] li").first
    expect(first).to_be_visible(timeout=15 * SECOND)
    page.get_by_role("button", name="Pause").click()
    before = first.inner_text()
    go_on = page.get_by_role("button", name=re.compile(r"Go on, \d+ new"))
    expect(go_on).to_be_visible(timeout=20 * SECOND)
    assert first.inner_text() == before
    go_on.click()
    expect(first).not_to_have_text(before)


def test_stopped_worker_is_said_within_10_seconds(open_page: OpenPage, demo: Demo) -> None:
    page = open_page()
    be_live(page)
    words = page.get_by_text(
        re.compile(r"The collector stopped \d+\s\w+ ago \(last event \d\d:\d\d:\d\d UTC\)\.")
    )
    with demo.frozen_worker():
        expect(words).to_be_visible(timeout=10 * SECOND)
        expect(chip(page, "binance", "unknown")).to_be_visible()
    expect(words).to_be_hidden(timeout=10 * SECOND)
    be_live(page)


def test_trouble_of_the_worker_is_said_until_it_is_over(open_page: OpenPage, demo: Demo) -> None:
    page, plain = open_page(), open_page(java_script_enabled=False)
    be_live(page)
    words = re.compile("Not everything is stored. What is received waits in the journal")
    band = page.locator('[data-band="trouble"]')
    with demo.locked_store():
        expect(band).to_have_text(words, timeout=20 * SECOND)
        expect(page.locator('[data-band="worker"]')).to_be_hidden()
        expect(chip(page, "binance", "live")).to_be_visible()
        plain.reload()
        expect(plain.locator('[data-band="trouble"]')).to_have_text(words)
    expect(band).to_be_hidden(timeout=40 * SECOND)
    plain.reload()
    expect(plain.locator('[data-band="trouble"]')).to_be_hidden()


def test_lost_socket_is_said_and_comes_back(open_page: OpenPage) -> None:
    routes: list[WebSocketRoute] = []
    is_cut = False

    def connect(route: WebSocketRoute) -> None:
        if is_cut:
            route.close()
        else:
            route.connect_to_server()
            routes.append(route)

    page = open_page(prepare=lambda page: page.route_web_socket("**/ws/**", connect))
    words = page.locator("[data-connection]")
    expect(words).to_have_text(re.compile("Connected"))
    is_cut = True
    for route in routes:
        route.close()
    expect(words).to_contain_text("Connection lost")
    expect(words).to_contain_text(
        re.compile(r"\d\ss ago, retrying. Numbers are from \d\d:\d\d:\d\d")
    )
    is_cut = False
    expect(words).to_have_text(re.compile("Connected"), timeout=20 * SECOND)


def test_missed_frames_are_fetched(open_page: OpenPage) -> None:
    sockets: list[WebSocketRoute] = []
    page = open_page(prepare=lambda page: page.route_web_socket(FEED, keep(sockets)))
    be_live(page)
    frame = {"type": "liquidations", "rows": [], "left_out": 0, "cells": []}
    welcome = {"type": "welcome", "connection": "x", "seq": 6, "resumed": True}
    sockets[-1].send(json.dumps(welcome))
    sockets[-1].send(json.dumps(frame | {"seq": 7}))
    with page.expect_response(re.compile("heatmap-timeseries"), timeout=8 * SECOND):
        sockets[-1].send(json.dumps(frame | {"seq": 9}))


def test_after_a_loss_the_page_gets_what_it_missed(open_page: OpenPage) -> None:
    routes: list[WebSocketRoute] = []
    welcomes: list[str] = []

    def connect(route: WebSocketRoute) -> None:
        def forward(message: str | bytes) -> None:
            welcomes.extend([str(message)] if '"welcome"' in str(message) else [])
            route.send(message)

        route.connect_to_server().on_message(forward)
        routes.append(route)

    def be_welcome(times: int) -> None:
        for _ in range(100):
            if len(welcomes) == times:
                return
            page.wait_for_timeout(100)

    page = open_page(prepare=lambda page: page.route_web_socket(FEED, connect))
    be_live(page)
    be_welcome(1)
    routes[0].close()
    be_welcome(2)
    assert "resume_from=" in routes[1].url
    assert [json.loads(welcome)["resumed"] for welcome in welcomes] == [False, True]
    expect(page.locator("[data-connection]")).to_have_text(re.compile("Connected"))


def test_another_symbol_is_followed_over_the_same_socket(open_page: OpenPage) -> None:
    opened: list[str] = []
    page = open_page(prepare=lambda page: page.on("websocket", lambda s: opened.append(s.url)))
    be_live(page)
    page.get_by_label("Symbol").fill("ETHUSDT")
    page.get_by_label("Symbol").press("Enter")
    first = page.locator("[data-tape] li").first
    expect(page.locator("[data-symbol]").first).to_have_text(re.compile("ETHUSDT"))
    expect(first).to_be_visible(timeout=15 * SECOND)
    before = first.inner_text()
    expect(first).not_to_have_text(before, timeout=30 * SECOND)
    assert len(opened) == 1


def test_a_badge_changes_within_a_second_of_the_venue(open_page: OpenPage, demo: Demo) -> None:
    page = open_page()
    be_live(page)
    expect(chip(page, "okx", "live")).to_be_visible(timeout=15 * SECOND)
    page.evaluate(WATCH_BADGE)
    demo.set_fault("okx", "403", 4)
    expect(chip(page, "okx", "blocked")).to_be_visible(timeout=5 * SECOND)
    shown_at = page.evaluate("window.shownAt")
    health = page.request.get(f"{demo.url}exchanges/health").json()["exchanges"]["okx"]
    since = datetime.fromisoformat(health["since"]).timestamp() * 1000
    assert 0 <= shown_at - since < 1000
    expect(chip(page, "okx", "live")).to_be_visible(timeout=60 * SECOND)


def test_the_client_of_the_documents_prints_what_comes(open_page: OpenPage) -> None:
    page = open_page()
    source = (ROOT / "docs/clients/live.js").read_text().replace("export function", "function")
    with page.expect_console_message(
        lambda said: bool(re.match(r"\w+ (long|short) [\d.]+ ", said.text)), timeout=20 * SECOND
    ):
        page.evaluate(f'() => {{ {source} watch("BTCUSDT"); }}')


def test_hostile_words_of_a_venue_stay_words(open_page: OpenPage) -> None:
    hostile = "<img src=x onerror=alert(1)>"
    sockets: list[WebSocketRoute] = []
    page = open_page(prepare=lambda page: page.route_web_socket(FEED, keep(sockets)))
    expect(page.locator("[data-exchange]").first).to_be_visible()
    row = {
        "exchange": "bybit",
        "state": "failed",
        "since": "2026-11-22T08:00:00Z",
        "reason": hostile,
        "is_connected": False,
        "last_event_at": None,
    }
    worker = {"is_running": False, "since": None, "message": hostile}
    frame = {"type": "health", "seq": 1, "at": "2099-01-01T00:00:00Z", "full": False}
    sockets[-1].send(
        json.dumps(frame | {"rows": [row | {"reason": f"{hostile}!"}], "worker": worker})
    )
    expect(chip(page, "bybit", "failed")).to_contain_text(f"{hostile}!")
    expect(page.locator('[data-band="worker"]')).to_be_visible()
    worker = {"is_running": True, "since": None, "message": hostile}
    sockets[-1].send(json.dumps(frame | {"seq": 2, "rows": [], "worker": worker}))
    expect(page.locator('[data-band="trouble"]')).to_contain_text(hostile)
    expect(page.locator('[data-band="worker"]')).to_be_hidden()
    assert page.locator("img[src=x]").count() == 0
