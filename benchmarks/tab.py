"""A page in Chromium, and what it costs: bytes, script, main thread, memory."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, CDPSession, Page

from tests.browser.looks import DRAWN

DRAWN_SECONDS = 60.0
# Notes when the first chart stands, and how long each task of the main thread took (from 50 ms on).
_WATCH = f"""
window.longest = 0;
new PerformanceObserver((list) => {{
    const durations = list.getEntries().map(({{ duration }}) => duration);
    window.longest = Math.max(window.longest, ...durations);
}}).observe({{ type: "longtask", buffered: true }});
const look = () => {{
    if (document.querySelector({DRAWN!r})) window.drawnAt = performance.now();
    else requestAnimationFrame(look);
}};
requestAnimationFrame(look);
"""


@dataclass
class Tab:
    """An open page; `bytes_by_type` is what came over the wire for it."""

    page: Page
    _session: CDPSession
    bytes_by_type: Counter[str] = field(default_factory=Counter)

    def drawn_milliseconds(self) -> float:
        """Return when the first chart stood, since the navigation began; wait until it does."""
        self.page.wait_for_selector(DRAWN, state="attached", timeout=1000 * DRAWN_SECONDS)
        self.page.wait_for_timeout(100)
        return float(self.page.evaluate("window.drawnAt"))

    @property
    def longest_task(self) -> float:
        """The longest task since this was last asked, in ms; 0 when none took 50 ms."""
        found = self.page.evaluate("[window.longest, window.longest = 0][0]")
        return float(found)

    def metric(self, name: str) -> float:
        """Return one of Chromium's own figures: seconds, bytes or a number of things."""
        told = self._session.send("Performance.getMetrics")["metrics"]
        return float(next(row["value"] for row in told if row["name"] == name))

    def heap_megabytes(self) -> float:
        """Return what the page's script holds once garbage is collected."""
        self._session.send("HeapProfiler.collectGarbage")
        return self.metric("JSHeapUsedSize") / 1e6

    def wait(self, seconds: float) -> None:
        """Let the page live for a while."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            self.page.wait_for_timeout(1000 * min(left, 1.0))


@contextmanager
def opened(browser: Browser, url: str) -> Iterator[Tab]:
    """Open an address in a profile of its own, so that nothing is cached."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    session = context.new_cdp_session(page)
    for domain in ("Network", "Performance", "HeapProfiler"):
        session.send(f"{domain}.enable")
    tab = Tab(page, session)
    _count_bytes(tab)
    page.add_init_script(_WATCH)
    page.goto(url, wait_until="commit")
    try:
        yield tab
    finally:
        context.close()


def _count_bytes(tab: Tab) -> None:
    types: dict[str, str] = {}

    def begin(told: dict[str, Any]) -> None:
        types[told["requestId"]] = told.get("type", "Other")

    def end(told: dict[str, Any]) -> None:
        kind = types.get(told["requestId"], "Other")
        tab.bytes_by_type[kind] += int(told["encodedDataLength"])

    tab._session.on("Network.responseReceived", begin)
    tab._session.on("Network.loadingFinished", end)
