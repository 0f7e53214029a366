"""The heatmap page in Chromium over a million stored rows: its first chart, then live updates."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from statistics import median

from django.conf import settings
from django.core.management import call_command

from benchmarks.fanout import wait_for_venues
from benchmarks.figures import IS_QUICK
from benchmarks.heatmap import FILL, ROWS
from benchmarks.running import running
from benchmarks.tab import Tab, opened
from exchanges.store import prepare
from exchanges.store.connection import connect
from tests.browser.chromium import running_chromium

OPENED = 2 if IS_QUICK else 7
SECONDS = float(os.environ.get("SECONDS", 5 if IS_QUICK else 20))
RATE = 40
# Of what a figure is the median, in milliseconds.
_COSTS = {"script": "ScriptDuration", "layout": "LayoutDuration", "all tasks": "TaskDuration"}


def measure() -> Iterator[tuple[str, str]]:
    """Yield (what, figure): opening the page, then watching it while rows come."""
    _fill()
    yield "rows stored", f"{ROWS:,}"
    with running(RATE) as instance:
        wait_for_venues(instance)
        with running_chromium() as browser:
            url = f"http://127.0.0.1:{instance.port}/"
            # The first one pays for what the site loads once.
            with opened(browser, url) as tab:
                yield "first chart drawn, first visitor", f"{tab.drawn_milliseconds():.0f} ms"
            visits = []
            for _ in range(OPENED):
                with opened(browser, url) as tab:
                    visits.append(_visit(tab))
            yield from _told(visits)
            with opened(browser, url) as tab:
                yield from _bytes(tab)
                yield from _watched(tab)


def _fill() -> None:
    call_command("migrate", verbosity=0)
    prepare(settings.LIQSITE_LAKE)
    with connect(settings.LIQSITE_LAKE, read_only=False) as connection:
        connection.execute(FILL, [ROWS, ROWS, ROWS])


def _visit(tab: Tab) -> dict[str, float]:
    """Return what it cost to open the page, in milliseconds."""
    drawn = tab.drawn_milliseconds()
    return {"first chart drawn": drawn} | {
        f"{name} until then": 1000 * tab.metric(metric) for name, metric in _COSTS.items()
    }


def _told(visits: list[dict[str, float]]) -> Iterator[tuple[str, str]]:
    for name in visits[0]:
        found = [visit[name] for visit in visits]
        most = f"at most {max(found):.0f} ms (n {len(found)})"
        yield name, f"median {median(found):.0f} ms, {most}"


def _bytes(tab: Tab) -> Iterator[tuple[str, str]]:
    tab.drawn_milliseconds()
    tab.wait(1)
    for kind, size in tab.bytes_by_type.most_common():
        yield f"bytes over the wire, {kind}", f"{size / 1000:,.0f} KB"
    yield "bytes over the wire, all", f"{tab.bytes_by_type.total() / 1000:,.0f} KB"


def _watched(tab: Tab) -> Iterator[tuple[str, str]]:
    """Tell what the page does while liquidations come; opening it does not count."""
    before, _ = tab.heap_megabytes(), tab.longest_task
    tasks, start = tab.metric("TaskDuration"), time.monotonic()
    tab.wait(SECONDS)
    share = (tab.metric("TaskDuration") - tasks) / (time.monotonic() - start)
    longest = tab.longest_task
    live = f"{SECONDS:.0f} s of {RATE} liquidations/s"
    yield f"{live}: longest task", f"{longest:.0f} ms" if longest else "under 50 ms"
    yield f"{live}: main thread", f"{share:.1%}"
    yield f"{live}: heap", f"{before:.1f} MB, then {tab.heap_megabytes():.1f} MB"
