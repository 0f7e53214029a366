"""The states of the pages, each with its words."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.demo import NOTICE, Demo
from tests.browser.looks import (
    DRAWN,
    PAGES,
    SECOND,
    a_frame,
    a_health_frame,
    a_row,
    a_state,
    be_live,
    chip,
    with_own_socket,
)

pytestmark = pytest.mark.browser

RUNNING = {"is_running": True, "since": "2098-12-31T00:00:00Z", "message": ""}
NEVER = {"is_running": False, "since": None, "message": "no worker has run yet"}
STOPPED = {"is_running": False, "since": "2098-12-31T23:48:00Z", "message": "worker not running"}
WITH_VENUES = [address for address in PAGES if address != "scorecard/"]
RED = ("reconnecting", "failed", "blocked")
HIDE = "Object.defineProperty(document, 'hidden', { value: %s, configurable: true })"
# Notes each state of a badge with its time.
WATCH_BADGE = """(exchange) => {
    const badge = document.querySelector(`[data-exchange="${exchange}"]`);
    window.states = [];
    new MutationObserver(() => window.states.push([badge.dataset.state, Date.now()]))
        .observe(badge, { attributes: true, attributeFilter: ["data-state"] });
}"""
COLOR = "(chip) => getComputedStyle(chip.querySelector('.state')).color"
TONE = """(name) => {
    const probe = document.body.appendChild(document.createElement("i"));
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
}"""


def turned_red_at(page: Page) -> float:
    """Return when the watched badge turned red, by the browser's clock."""
    for _ in range(100):
        found = [at for state, at in page.evaluate("window.states") if state in RED]
        if found:
            return float(found[0])
        page.wait_for_timeout(100)
    raise AssertionError("the badge did not turn red within 10 s")


@pytest.mark.parametrize("address", WITH_VENUES)
def test_never_run_is_said_with_the_command_to_copy(open_page: OpenPage, address: str) -> None:
    page, socket = with_own_socket(
        open_page, address, permissions=["clipboard-read", "clipboard-write"]
    )
    socket.send(a_health_frame(2, NEVER, a_state("bybit", "off")))
    band = page.locator('[data-band="worker"]')
    expect(band).to_contain_text("No collector has run yet. Start one:")
    expect(band).to_contain_text("or look at simulated venues: make demo.")
    expect(band).not_to_contain_text("Below is what was stored", use_inner_text=True)
    band.get_by_role("button", name="Copy").click()
    expect(band.get_by_role("button", name="Copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == "python manage.py run_aggregator"


def test_stopped_is_said_with_its_age_and_badges_are_unknown(open_page: OpenPage) -> None:
    page, socket = with_own_socket(open_page)
    socket.send(a_health_frame(2, STOPPED, a_state("bybit", "live"), a_state("okx", "failed")))
    band = page.locator('[data-band="worker"]')
    words = "The collector stopped 12\u00a0min ago (last event 23:59:00 UTC). Start it:"
    expect(band).to_contain_text(words, use_inner_text=True)
    expect(band).to_contain_text("Below is what was stored until then.")
    for exchange in ("bybit", "okx"):
        badge = chip(page, exchange, "unknown")
        expect(badge.locator("[data-state-words]")).to_have_text("unknown")
        assert badge.evaluate(COLOR) == page.evaluate(TONE, "muted")


@pytest.mark.parametrize("address", PAGES)
def test_simulated_is_said_on_every_page(open_page: OpenPage, address: str) -> None:
    for has_script in (True, False):
        page = open_page(address, java_script_enabled=has_script)
        expect(page.get_by_text(NOTICE)).to_be_visible()


@pytest.mark.parametrize(
    ("state", "words", "tone"),
    [
        ("connecting", "connecting…", "way"),
        ("subscribed", "subscribed", "way"),
        ("live", "live", "good"),
        ("silent", "silent 48\u00a0s", "warn"),
        ("reconnecting", "reconnecting 48\u00a0s", "bad"),
        ("failed", "failed 48\u00a0s", "bad"),
        ("blocked", "blocked 48\u00a0s", "bad"),
        ("off", "off", "muted"),
    ],
)
def test_a_badge_says_its_state_in_words_and_colour(
    open_page: OpenPage, state: str, words: str, tone: str
) -> None:
    page, socket = with_own_socket(open_page)
    socket.send(a_health_frame(2, RUNNING, a_state("bybit", state, "The reason.")))
    badge = chip(page, "bybit", state)
    expect(badge.locator("[data-state-words]")).to_have_text(words)
    expect(badge).to_have_attribute("title", "The reason.")
    assert badge.evaluate(COLOR) == page.evaluate(TONE, tone)


@pytest.mark.parametrize("address", ["?layers=observed&", "tape/?", "compare/?"])
def test_quiet_because_of_a_minimum_is_said_with_a_way_out(
    open_page: OpenPage, address: str
) -> None:
    page = open_page(f"{address}min_value=1e12&symbol=BTCUSDT&timeframe=1h")
    words = page.locator("[data-say-words]")
    expect(words).to_contain_text("No liquidation of BTCUSDT ≥ $1000B in the last 1\u00a0h.")
    expect(words).to_contain_text(re.compile(r"Largest was \$"))
    page.get_by_role("button", name="Show all sizes").click()
    expect(words).to_be_hidden(timeout=10 * SECOND)
    assert "min_value" not in page.url


def test_lost_socket_is_followed_by_asking_every_30_seconds(open_page: OpenPage) -> None:
    sockets: list[Any] = []
    is_cut = False

    def prepare(page: Page) -> None:
        page.clock.install()
        page.route_web_socket("**/ws/live*", lambda s: s.close() if is_cut else sockets.append(s))

    page = open_page(prepare=prepare)
    words = page.locator("[data-connection]")
    expect(words).to_have_text(re.compile("Connected"))
    is_cut = True
    sockets[-1].close()
    expect(words).to_contain_text("retrying. Numbers are from")
    with page.expect_response(re.compile("/exchanges/health"), timeout=20 * SECOND):
        for _ in range(34):
            page.clock.run_for(1000)
    expect(words).to_contain_text("Asking every 30 s.")
    expect(words).to_contain_text("Connection lost")


def test_hidden_tab_draws_nothing_and_asks_once_on_return(open_page: OpenPage) -> None:
    page, socket = with_own_socket(open_page)
    expect(page.locator(DRAWN)).to_be_visible(timeout=15 * SECOND)
    page.evaluate(HIDE % "true")
    page.evaluate(
        "() => { window.drawn = 0; document.querySelector('[data-heat]')"
        ".on('plotly_afterplot', () => window.drawn++); }"
    )
    for seq in range(2, 6):
        socket.send(a_frame(seq, a_row(event_id=f"bybit:{seq}")))
        page.wait_for_timeout(500)
    assert page.evaluate("window.drawn") == 0
    with page.expect_response(re.compile("heatmap-timeseries"), timeout=9 * SECOND):
        page.evaluate(HIDE % "false")
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def test_tape_is_written_4_times_a_second_and_charts_once(open_page: OpenPage) -> None:
    page, socket = with_own_socket(open_page)
    expect(page.locator(DRAWN)).to_be_visible(timeout=15 * SECOND)
    page.evaluate(
        """() => {
            window.counts = { drawn: 0, written: 0, begun: performance.now() };
            document.querySelector("[data-heat]")
                .on("plotly_afterplot", () => window.counts.drawn++);
            new MutationObserver(() => window.counts.written++)
                .observe(document.querySelector("[data-tape]"), { childList: true });
        }"""
    )
    for seq in range(2, 42):
        socket.send(a_frame(seq, a_row(event_id=f"bybit:{seq}")))
        page.wait_for_timeout(80)
    counts = page.evaluate(
        "({ ...window.counts, seconds: (performance.now() - counts.begun) / 1e3 })"
    )
    assert 0 < counts["drawn"] <= counts["seconds"] + 2
    assert 0 < counts["written"] <= 4 * counts["seconds"] + 1


def test_two_browsers_see_a_dropped_venue_within_a_second(open_page: OpenPage, demo: Demo) -> None:
    pages = [open_page(), open_page()]
    for page in pages:
        be_live(page)
        expect(chip(page, "okx", "live")).to_be_visible(timeout=30 * SECOND)
        page.evaluate(WATCH_BADGE, "okx")
    dropped_at = pages[0].evaluate("Date.now()")
    demo.set_fault("okx", "close", 6)
    for page in pages:
        assert turned_red_at(page) - dropped_at < 1000
    for page in pages:
        expect(chip(page, "okx", "live")).to_be_visible(timeout=60 * SECOND)


def test_two_browsers_see_a_silent_venue_in_amber_and_back(open_page: OpenPage, demo: Demo) -> None:
    pages = [open_page(), open_page()]
    for page in pages:
        be_live(page)
    demo.set_fault("bybit", "silent", 25)
    for page in pages:
        expect(chip(page, "bybit", "silent")).to_be_visible(timeout=40 * SECOND)
        assert chip(page, "bybit", "silent").evaluate(COLOR) == page.evaluate(TONE, "warn")
    for page in pages:
        expect(chip(page, "bybit", "live")).to_be_visible(timeout=90 * SECOND)
