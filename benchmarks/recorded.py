"""Recorded liquidations scored: `python -m benchmarks.recorded FOLDER [OUT]`.

FOLDER holds hourly candles, open interest and liquidations of Hyperliquid (May 2025) and OKX (March
2026). With OUT, what the scorecards are made of is written there, to be scored once more with
`manage.py score --from-export OUT/okx-BTCUSDT-fitted`.
"""

from __future__ import annotations

import csv
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import numpy as np

from benchmarks.hourly import Hours, as_steps, spread
from heatmap.scorecards import files
from heatmap.scorecards.material import About, Material
from heatmap.scorecards.model_run import model_run
from heatmap.scorecards.rows import column_rows, event_rows, market_rows
from heatmap.scoring.baselines import baselines
from heatmap.scoring.comparison import parts
from heatmap.scoring.course import counted, course_of
from heatmap.scoring.events import trigger_prices
from heatmap.scoring.field import forecasts
from heatmap.scoring.flags import zones_of
from heatmap.scoring.market import Market
from heatmap.scoring.predictors import from_columns
from heatmap.scoring.protocol import score
from heatmap.scoring.report import Scorecard
from heatmap.scoring.terms import Terms
from heatmap.zones.binance_tiers import SHIPPED
from heatmap.zones.fitting import fit_kernel
from heatmap.zones.grid import LONG, SHORT
from heatmap.zones.kernel import Kernel, flat_kernel
from heatmap.zones.series import STEP_SECONDS, Columns, Events, Floats, Series, Times
from heatmap.zones.tiers import TierTable, continuous, hyperliquid
from heatmap.zones.turnover import OMEGA

HOUR = np.timedelta64(1, "h")
SHOWN = ("ours", "ours_flat", "freshness", "extremes", "one_sided", "random")


@dataclass(frozen=True)
class Recording:
    """One coin on one exchange, and where its rows lie in a folder."""

    exchange: str
    coin: str
    market: str
    candles_of: str
    events: str
    tiers: TierTable
    contract: float = 1.0
    maintenance: float = 0.0
    """Above 0: prices are bankruptcy prices."""


def _hyperliquid(coin: str, leverage: float) -> Recording:
    return Recording(
        "hyperliquid",
        coin,
        "scoring_hyperliquid_202505",
        "bybit",
        "hyperliquid/liquidations_20250525_20250605.csv",
        hyperliquid([(0.0, leverage)]),
    )


def _okx(coin: str, contract: float, leverage: float, rate: float) -> Recording:
    return Recording(
        "okx",
        coin,
        "scoring_20260201_20260305",
        "okx",
        "okx/liquidation_orders_20260304_20260305.csv",
        continuous([(float("inf"), rate, leverage)]),
        contract,
        rate,
    )


RECORDINGS = (
    _hyperliquid("BTC", 40.0),
    _hyperliquid("SOL", 20.0),
    _hyperliquid("HYPE", 10.0),
    _okx("BTC", 0.01, 100.0, 0.004),
    _okx("SOL", 1.0, 50.0, 0.0065),
    _okx("DOGE", 1000.0, 50.0, 0.0065),
)


@dataclass(frozen=True)
class Recorded:
    """A recording brought in form, with the columns that the model froze hour by hour."""

    series: Series
    events: Events
    since: np.datetime64
    gaps: Times
    models: dict[str, Columns]


def recorded(folder: Path, recording: Recording) -> Recorded:
    """Return a recording, scored from its first full hour on; before and after it lies a gap."""
    hours = _hours(folder, recording)
    symbol = f"{recording.coin}USDT"
    series = spread(recording.exchange, symbol, hours)
    events = _events(folder, recording, hours)
    first, last = events.at[0], events.at[-1]
    end = series.opened_at[-1] + HOUR
    gaps = np.array([[series.opened_at[0], first], [last, end]], dtype="datetime64[ms]")
    kernels = {"ours": february(folder), "ours_flat": flat_kernel(recording.tiers)}
    models = {
        name: model_run(series, events, kernel, is_fitted=False).columns
        for name, kernel in kernels.items()
    }
    return Recorded(series, events, first.astype("datetime64[h]"), gaps, models)


@cache
def february(folder: Path) -> Kernel:
    """Return the kernel that explains the hourly totals of BTC in February 2026 best.

    Borrowed from another market, and for Hyperliquid's days from a later time: of its own there is
    too little to fit. An hour is a step here, so as much is replaced in it as else in twelve.
    """
    hours = _hours(folder, _okx("BTC", 0.01, 100.0, 0.004), "binance")
    totals = _rows(folder / "scoring_20260201_20260305" / "liquidations_1h_BTC_coinglass.csv")
    at = np.array([int(row["timestamp"]) // 1000 for row in totals]).astype("datetime64[s]")
    end = int(np.searchsorted(hours.opened_at, at[-1])) + 1
    step = np.arange(end) * np.timedelta64(STEP_SECONDS, "s")
    series = as_steps("binance", "BTCUSDT", hours, hours.opened_at[0] + step)
    place = np.searchsorted(hours.opened_at, at)
    usd = [_floats(totals, name) for name in ("longUsd", "shortUsd")]
    events = Events(
        np.repeat(series.opened_at[place], 2).astype("datetime64[ms]"),
        np.tile(np.array([LONG, SHORT], dtype=np.int8), len(at)),
        np.repeat(hours.close[place], 2),
        (np.stack(usd, axis=1) / hours.close[place][:, None]).ravel(),
    )
    known = np.zeros(end, dtype=bool)
    known[place] = True
    day = series.opened_at[-1] + np.timedelta64(STEP_SECONDS, "s")
    prior = flat_kernel(SHIPPED["BTCUSDT"])
    fitted = fit_kernel(series, events, day, prior, known, omega=12 * OMEGA)
    return Kernel(fitted.weights, "fitted")


def hottest(found: Recorded, hours: int, share: float = 0.3) -> dict[str, tuple[float, float]]:
    """Return for each forecast H and the liquidated value in the hottest share of the swept bins.

    At the same area for all, over the whole time at once: as figures elsewhere are given.
    """
    market = Market(found.series, found.events)
    since = found.since.astype("datetime64[s]")
    course = course_of(market, since, found.gaps, Terms(horizon_hours=hours))
    predictors = {n: from_columns(c) for n, c in found.models.items()} | baselines(0)
    counts = counted(course, course.windows.at >= since)
    value = course.realised.in_cell[counts.cells]
    results = {}
    for forecast in forecasts(course, predictors):
        ranked = zones_of(course, forecast).ranked[counts.cells]
        hit = parts(ranked, round(share * len(ranked))) @ value
        results[forecast.name] = (float(hit / value.sum()), float(value.sum()))
    return results


def scored(found: Recorded, hours: int) -> Scorecard:
    """Return how both kernels did beside all baselines."""
    terms = Terms(horizon_hours=hours)
    since = found.since.astype("datetime64[s]")
    return score(found.series, found.events, found.models, since, gaps=found.gaps, terms=terms)


def material(recording: Recording, found: Recorded, model: str) -> Material:
    """Return what `manage.py score --from-export` makes the same scorecard of."""
    series, columns = found.series, found.models[model]
    named = (series.exchange, series.symbol)
    gaps = [(_moment(begin), _moment(end)) for begin, end in found.gaps]
    until = _moment(series.opened_at[-1] + np.timedelta64(5, "m"))
    about = About(*named, _moment(found.since), until, "partial", recording.maintenance, gaps)
    tables = market_rows(series)
    tables["liquidations"] = event_rows(found.events, *named)
    tables["zone_columns"] = column_rows(columns, *named, columns.at)
    return Material(about, tables)


def _hours(folder: Path, recording: Recording, venue: str = "") -> Hours:
    market = folder / recording.market
    candles = [
        row
        for row in _rows(market / "candles_1h.csv")
        if (row["venue"], row["coin"]) == (venue or recording.candles_of, recording.coin)
    ]
    interest = {
        int(row["ts_ms"]) // 3_600_000: float(row["oi_usd"])
        for row in _rows(market / "open_interest_1h_hyperliquid.csv")
        if row["coin"] == recording.coin
    }
    at = np.array([int(row["open_time_ms"]) // 3_600_000 for row in candles])
    if (np.diff(at) != 1).any():
        raise ValueError(f"{recording.candles_of} {recording.coin} lacks hours.")
    prices = {name: _floats(candles, name) for name in ("open", "high", "low", "close", "volume")}
    usd = np.interp(at + 1, sorted(interest), [interest[hour] for hour in sorted(interest)])
    return Hours((at * 3600).astype("datetime64[s]"), **prices, interest_usd=usd)


def _events(folder: Path, recording: Recording, hours: Hours) -> Events:
    """Return the events; what the exchange did not tell rightly follows from the hour's candle."""
    named = {recording.coin, f"{recording.coin}-USDT-SWAP"}
    rows = [
        row
        for row in _rows(folder / recording.events)
        if (row.get("coin") or row.get("inst_id")) in named
    ]
    rows.sort(key=lambda row: int(row["ts_ms"]))
    at = np.array([int(row["ts_ms"]) for row in rows]).astype("datetime64[ms]")
    hour = np.searchsorted(hours.opened_at, at, side="right") - 1
    if recording.maintenance:
        side = np.array([LONG if row["side"] == "sell" else SHORT for row in rows], dtype=np.int8)
        told = trigger_prices(_floats(rows, "bkPx"), side, recording.maintenance)
        price = np.clip(told, hours.low[hour], hours.high[hour])
        return Events(at, side, price, _floats(rows, "sz_contracts") * recording.contract)
    price = _floats(rows, "price")
    side = np.where(price < hours.open[hour], LONG, SHORT).astype(np.int8)
    return Events(at, side, price, _floats(rows, "sz"))


def _rows(file: Path) -> list[dict[str, str]]:
    with file.open(newline="") as lines:
        return list(csv.DictReader(lines))


def _floats(rows: list[dict[str, str]], name: str) -> Floats:
    return np.array([float(row[name]) for row in rows])


def _moment(time: np.datetime64) -> datetime:
    return datetime.fromtimestamp(time.astype("datetime64[ms]").astype(int) / 1000, UTC)


def lines(cards: dict[tuple[str, int], list[Scorecard]]) -> Iterator[str]:
    """Yield each coin's figures, and those of all coins of an exchange by what was liquidated."""
    for (exchange, hours), own in cards.items():
        for name in SHOWN:
            models = [next(m for m in card.models if m.name == name) for card in own]
            weights = [card.notional_swept or 0.0 for card in own]
            each = ", ".join(f"{_of(m.hit_rate.value)}/{_of(m.path_share.value)}" for m in models)
            whole = [
                np.average([getattr(m, field).value for m in models], weights=weights)
                for field in ("hit_rate", "path_share", "cap")
            ]
            yield (
                f"{exchange} {hours} h {name:10} H {whole[0]:.3f} A {whole[1]:.3f} "
                f"CAP {whole[2]:.3f}   by coin H/A {each}"
            )


def _of(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def hottest_lines(
    hot: dict[tuple[str, int], list[dict[str, tuple[float, float]]]],
) -> Iterator[str]:
    """Yield what the hottest 30 % of the path held, of each coin and of all."""
    for (exchange, hours), own in hot.items():
        for name in SHOWN:
            shares = [found[name][0] for found in own]
            whole = np.average(shares, weights=[found[name][1] for found in own])
            each = ", ".join(f"{share:.3f}" for share in shares)
            yield f"{exchange} {hours} h {name:10} hottest 30 %: {whole:.3f}   by coin {each}"


def main(folder: Path, out: Path | None) -> None:
    cards: dict[tuple[str, int], list[Scorecard]] = defaultdict(list)
    hot: dict[tuple[str, int], list[dict[str, tuple[float, float]]]] = defaultdict(list)
    for recording in RECORDINGS:
        found = recorded(folder, recording)
        for hours in (1, 4):
            cards[recording.exchange, hours].append(scored(found, hours))
            hot[recording.exchange, hours].append(hottest(found, hours))
        for model, name in (("ours", "fitted"), ("ours_flat", "flat")) if out else ():
            place = f"{recording.exchange}-{found.series.symbol}-{name}"
            files.write(material(recording, found, model), Path(str(out)) / place)
    for line in (*lines(cards), *hottest_lines(hot)):
        print(line)
    for (exchange, hours), own in cards.items():
        said = [f"{card.symbol} {card.events_swept} events on {card.days} days" for card in own]
        print(f"{exchange} {hours} h: {', '.join(said)}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else None)
