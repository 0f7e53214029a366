"""The heatmap page for ten minutes of a flood: its memory, and whether it still tells the truth."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

from benchmarks.fanout import wait_for_venues
from benchmarks.figures import IS_QUICK
from benchmarks.running import Instance, running
from benchmarks.tab import Tab, opened
from heatmap.templatetags import figures
from tests.browser.chromium import running_chromium

RATE = 500
SECONDS = float(os.environ.get("SECONDS", 30 if IS_QUICK else 600))
LOOKS = 10
# What a page has not been told it asks for itself within a minute.
SETTLED_SECONDS = 90.0
COMPARED_ROWS = 100
_TAPE = """(most) => [...document.querySelectorAll("[data-tape] li")].slice(0, most).map((line) =>
    [line.querySelector("time").dateTime, line.querySelector(".price").textContent,
        line.querySelector(".value").textContent])"""
_SUMS = """() => Object.fromEntries(["both", "long", "short", "count"].map((name) =>
    [name, document.querySelector(`[data-total="${name}"]`).textContent]))"""


def measure() -> Iterator[tuple[str, str]]:
    """Yield (what, figure)."""
    with running(RATE) as instance, running_chromium() as browser:
        wait_for_venues(instance)
        with opened(browser, f"http://127.0.0.1:{instance.port}/") as tab:
            tab.drawn_milliseconds()
            yield from _soaked(tab)
            with instance.quiet_venues():
                yield from _compared(tab, instance)


def _soaked(tab: Tab) -> Iterator[tuple[str, str]]:
    tab.wait(5)
    heaps, nodes = [tab.heap_megabytes()], [tab.metric("Nodes")]
    tasks, _, start = tab.metric("TaskDuration"), tab.longest_task, time.monotonic()
    for _ in range(LOOKS):
        tab.wait(SECONDS / LOOKS)
        heaps.append(tab.heap_megabytes())
        nodes.append(tab.metric("Nodes"))
    share = (tab.metric("TaskDuration") - tasks) / (time.monotonic() - start)
    live = f"{SECONDS:.0f} s of {RATE} liquidations/s"
    yield f"{live}: heap, MB", ", ".join(f"{heap:.1f}" for heap in heaps)
    yield f"{live}: nodes of the page", f"{nodes[0]:.0f}, then {nodes[-1]:.0f}"
    yield f"{live}: longest task", f"{tab.longest_task:.0f} ms"
    yield f"{live}: main thread, garbage collected {LOOKS} times", f"{share:.1%}"


def _compared(tab: Tab, instance: Instance) -> Iterator[tuple[str, str]]:
    """Tell whether the page shows what the API says, once nothing comes any more."""
    start = time.monotonic()
    while True:
        sums, tape = _sums_differ(tab, instance), _tape_differs(tab, instance)
        seconds = time.monotonic() - start
        if not (sums or tape) or seconds > SETTLED_SECONDS:
            break
        tab.wait(1)
    yield "totals against the API's", sums or f"equal after {seconds:.0f} s: {_told(tab)}"
    yield f"newest {COMPARED_ROWS} rows against the API's", tape or "equal"


def _sums_differ(tab: Tab, instance: Instance) -> str:
    """Return in which total the page differs from the API, blank when in none."""
    answer = _ask(instance, "/liquidations/heatmap-timeseries", format="columns")
    totals = answer["totals"]
    told = {
        "both": figures.usd(totals["long"] + totals["short"]),
        "long": figures.usd(totals["long"]),
        "short": figures.usd(totals["short"]),
        "count": figures.count(totals["count"]),
    }
    shown = tab.page.evaluate(_SUMS)
    return ", ".join(f"{n} {shown[n]}, not {told[n]}" for n in told if shown[n] != told[n])


def _tape_differs(tab: Tab, instance: Instance) -> str:
    answer = _ask(instance, "/liquidations", type="all", limit=COMPARED_ROWS, symbol="BTCUSDT")
    told = sorted(
        [row["exchange_time"], figures.price(row["price"]), figures.usd(row["value_usd"])]
        for row in answer["liquidations"]
    )
    shown = sorted(tab.page.evaluate(_TAPE, COMPARED_ROWS))
    # The oldest ones may share their moment with rows beyond the limit.
    oldest = told[0][0] if told else ""
    missing = sum(row not in shown for row in told if row[0] > oldest)
    return f"{missing} of {len(told)} missing" if missing else ""


def _told(tab: Tab) -> str:
    sums = tab.page.evaluate(_SUMS)
    return f"{sums['count']} liquidations, {sums['both']}"


def _ask(instance: Instance, path: str, **asked: Any) -> Any:
    with urlopen(f"http://127.0.0.1:{instance.port}{path}?{urlencode(asked)}") as answer:
        return json.load(answer)
