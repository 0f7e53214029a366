"""How often the silence rule is wrong, and how soon it is right.

False alarms are counted on traffic that is all right: Poisson arrivals, arrivals that come in
clusters while an intensity that all venues share goes up and down, and what others recorded
from real venues (that lies beside the project; where it does not, it is left out).
"""

from __future__ import annotations

import csv
import math
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from heapq import merge
from pathlib import Path
from random import Random
from statistics import median

from exchanges.adapters import adapters
from exchanges.silence import PAUSES, Market, Silence, span

RECORDED = Path(__file__).parents[2] / "shared" / "data"
START = datetime(2026, 11, 22, tzinfo=UTC).timestamp()
MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0
SEEDS = 3 if os.environ.get("QUICK") else 5
STARTS = 15
DAYS = 1 if os.environ.get("QUICK") else 7

Rates = Mapping[str, float]
Times = Iterator[tuple[float, str]]
Traffic = Callable[[Rates, float, Random], Times]


def measure() -> Iterator[tuple[str, str]]:
    """Yield what was measured, and the figure."""
    quiet = {name: a.quiet_rate_per_minute for name, a in adapters().items()}
    fifth = {name: rate / 5 for name, rate in quiet.items()}
    for what, rates, traffic in (
        ("Poisson, quiet rates", quiet, poisson),
        ("Poisson, a fifth of the quiet rates", fifth, poisson),
        ("bursts and a shared intensity, quiet rates", quiet, bursty),
        ("bursts and a shared intensity, a fifth", fifth, bursty),
    ):
        alarms, days = false_alarms(quiet, rates, traffic)
        yield f"false alarms: {what}", f"{alarms} in {days:.0f} venue-days"
    for what, times in recorded():
        alarms, days = alarms_in(times)
        yield f"false alarms: {what}", f"{alarms} in {days:.2f} venue-days"
        found = [alarms_in([part]) for part in _later_starts(times)]
        alarms, days = sum(one[0] for one in found), sum(one[1] for one in found)
        yield f"false alarms: {what}, begun anew on the way", f"{alarms} in {days:.1f} venue-days"
    yield from _times_to_detect(quiet)


def _times_to_detect(quiet: Rates) -> Iterator[tuple[str, str]]:
    for name, adapter in adapters().items():
        if adapter.control_seconds is not None:
            limit = span(PAUSES * adapter.control_seconds)
            yield f"all stops on {name}: its control stream tells", f"after {limit}"
    busy = {name: rate * MINUTE / quiet["binance"] for name, rate in quiet.items()}
    alone = {"binance": busy["binance"]}
    for what, rates, name, days in (
        ("binance at 1/s, the others in proportion", busy, "binance", 0.5),
        ("binance at 1/s, no other venue", alone, "binance", 0.5),
        ("binance at its quiet rate", quiet, "binance", 1),
        ("okx at its quiet rate", quiet, "okx", 2),
        ("bybit at its quiet rate", quiet, "bybit", 2),
        ("htx at its quiet rate", quiet, "htx", 1),
    ):
        found = [time_to_detect(rates, quiet, name, days * DAY, Random(s)) for s in range(SEEDS)]
        told = f"after {span(median(found))}, at most {span(max(found))}"
        yield f"only liquidations stop: {what}", told
    storm = {name: 20 * rate for name, rate in quiet.items()}
    for what, rates in (("quiet rates", quiet), ("twenty times the quiet rates", storm)):
        fresh = [time_to_detect(rates, quiet, "binance", 0.0, Random(s)) for s in range(SEEDS)]
        told = f"after {span(median(fresh))}, at most {span(max(fresh))}"
        yield f"no liquidation ever came: binance, all at {what}", told


# Traffic that is all right.


def poisson(rates: Rates, seconds: float, random: Random) -> Times:
    """Arrivals that know nothing of each other."""
    return merge(*(_arrivals(name, rate, seconds, random) for name, rate in rates.items()))


def _arrivals(name: str, rate: float, seconds: float, random: Random) -> Times:
    at = random.expovariate(rate / MINUTE)
    while at < seconds:
        yield at, name
        at += random.expovariate(rate / MINUTE)


def bursty(rates: Rates, seconds: float, random: Random) -> Times:
    """Clusters of three at a mean, by an intensity of which venues share the greater part.

    The logarithm of the shared part swings by 0.8 within an hour, of each own by 0.4 within
    ten minutes: most of the time it is as quiet as the rates say, now and then many times busier.
    """
    intensity = _swings(seconds, 0.8, HOUR, random)
    return merge(
        *(_clusters(name, rate, intensity, seconds, random) for name, rate in rates.items())
    )


def _clusters(
    name: str, rate: float, shared: list[float], seconds: float, random: Random
) -> Iterator[tuple[float, str]]:
    own = _swings(seconds, 0.4, HOUR / 6, random)
    found = []
    for minute, (common, part) in enumerate(zip(shared, own, strict=True)):
        at, mean = minute * MINUTE, rate * math.exp(common + part) / 3.0
        while (at := at + random.expovariate(mean / MINUTE)) < (minute + 1) * MINUTE:
            size = 1 + int(random.expovariate(0.5))
            found += [(at + random.expovariate(0.5), name) for _ in range(size)]
    return iter(sorted(found))


def _swings(seconds: float, height: float, memory: float, random: Random) -> list[float]:
    """Return what wanders about zero, a number a minute."""
    keep, value, values = math.exp(-MINUTE / memory), 0.0, []
    for _ in range(math.ceil(seconds / MINUTE)):
        value = keep * value + height * math.sqrt(1 - keep * keep) * random.gauss(0.0, 1.0)
        values.append(value)
    return values


def recorded() -> Iterator[tuple[str, list[list[float]]]]:
    """Yield what others recorded, by the times of each stretch without a break."""
    for what, pattern, column, longest_gap in (
        ("recorded, Binance", "binance/forceorder_*.csv", 10, 300.0),
        ("recorded, three contracts of OKX", "okx/liquidation_orders_*.csv", 0, math.inf),
        ("recorded, three coins of Hyperliquid", "hyperliquid/liquidations_2*.csv", 0, math.inf),
    ):
        stretches: list[list[float]] = []
        for file in sorted(RECORDED.glob(pattern)):
            with file.open() as lines:
                rows = list(csv.reader(lines))[1:]
            # Recorders were stopped and started: a long gap on Binance was theirs.
            stretches += _stretches(sorted(int(row[column]) / 1000 for row in rows), longest_gap)
        if stretches:
            yield what, stretches


def _stretches(times: list[float], longest_gap: float) -> list[list[float]]:
    stretches = [times[:1]]
    for before, at in zip(times, times[1:], strict=False):
        if at - before > longest_gap:
            stretches.append([])
        stretches[-1].append(at)
    return stretches


def _later_starts(stretches: list[list[float]]) -> list[list[float]]:
    """Return the longest stretch as a worker would see it that starts in the middle of it."""
    times = max(stretches, key=len)
    return [times[first:] for first in range(0, len(times) // 2, len(times) // (2 * STARTS))]


# The rule at work.


class Watch:
    """Venues and what judges their silence."""

    def __init__(self, stated: Rates, start: float = START) -> None:
        market = Market()
        self.venues = {name: Silence(name, rate, market=market) for name, rate in stated.items()}
        self.restart(start)

    def restart(self, at: float) -> None:
        for silence in self.venues.values():
            silence.restart(_time(at))

    def reason(self, name: str, at: float) -> str:
        return self.venues[name].reason(_time(at))

    def note(self, name: str, at: float) -> None:
        self.venues[name].note(_time(at))


def false_alarms(stated: Rates, rates: Rates, traffic: Traffic) -> tuple[int, float]:
    """Return how many silences were found implausible, and in how many venue-days."""
    watch, alarms = Watch(stated), 0
    for at, name in traffic(rates, DAYS * DAY, Random(7)):
        # A silence is at its longest just before it ends.
        alarms += bool(watch.reason(name, START + at))
        watch.note(name, START + at)
    alarms += sum(bool(watch.reason(name, START + DAYS * DAY)) for name in rates)
    return alarms, DAYS * len(rates)


def alarms_in(stretches: Iterable[list[float]]) -> tuple[int, float]:
    """The same for one venue of which the mean rate is what is stated."""
    stretches = list(stretches)
    seconds = sum(times[-1] - times[0] for times in stretches)
    rate = sum(map(len, stretches)) * MINUTE / seconds
    watch, alarms = Watch({"it": rate}, stretches[0][0]), 0
    for times in stretches:
        watch.restart(times[0])
        for at in times:
            alarms += bool(watch.reason("it", at))
            watch.note("it", at)
    return alarms, seconds / DAY


def time_to_detect(rates: Rates, stated: Rates, name: str, before: float, random: Random) -> float:
    """Return seconds from when a venue's liquidations stop, after so many good ones."""
    watch = Watch({one: stated[one] for one in rates})
    stopped_at = before + random.uniform(0.0, MINUTE)
    seconds = stopped_at
    for at, one in poisson(rates, before + 2 * DAY, random):
        while seconds < at:
            if watch.reason(name, START + seconds):
                return seconds - stopped_at
            seconds += 1.0
        if one != name or at < stopped_at:
            watch.note(one, START + at)
    return math.inf


def _time(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)
