"""Rows become what the scorer takes: candles, events, frozen columns and gaps."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from exchanges.errors import NotScorable
from heatmap.scorecards.columns import columns_of, in_force, known_then
from heatmap.scorecards.material import About, Material
from heatmap.scoring.events import held, triggered
from heatmap.zones.clean import RawCandles, RawMarks, clean
from heatmap.zones.grid import LONG, SHORT
from heatmap.zones.interest import RawOpenInterest
from heatmap.zones.series import Columns, Events, Floats, Series, Times

COUNTED_TYPE = "forced"
"""Auto-deleveraging and takeovers by a backstop are not what zones are about."""


@dataclass(frozen=True)
class Inputs:
    """What `score` is given; `left_out` counts rows that could not be used, by reason."""

    series: Series
    events: Events
    columns: Columns
    gaps: Times
    since: np.datetime64
    left_out: Counter[str]


def inputs(material: Material) -> Inputs:
    """Return the scorer's input.

    Raises `NotScorable` where a table that is needed is empty, and `LooksAhead` where the zones in
    force at `since` were written after the fact.
    """
    about, tables = material.about, material.tables
    left_out: Counter[str] = Counter()
    series = _series(about, tables, left_out)
    events = _events(about, tables["liquidations"], series, left_out)
    columns, written_at = columns_of(_wanted(about, tables, "zone_columns", "frozen zones"))
    since = _time(about.since)
    in_force(columns, written_at, since)
    columns, late = known_then(columns, written_at, since)
    left_out["columns_late"] = late
    gaps = np.array([[_time(a), _time(b)] for a, b in about.gaps], dtype="datetime64[ms]")
    return Inputs(series, events, columns, gaps.reshape(-1, 2), since, +left_out)


def _wanted(about: About, tables: dict[str, pa.Table], name: str, said: str) -> pa.Table:
    if not tables[name].num_rows:
        raise NotScorable(
            f"There are no {said} of {about.exchange} {about.symbol} up to {about.until:%F %H:%M}. "
            "Let the worker run for a while, or ask for another exchange or symbol."
        )
    return tables[name]


def _series(about: About, tables: dict[str, pa.Table], left_out: Counter[str]) -> Series:
    candles = _wanted(about, tables, "candles", "candles")
    interest = _wanted(about, tables, "open_interest", "values of open interest")
    marks = tables["mark_candles"]
    cleaned = clean(
        about.exchange,
        about.symbol,
        _raw_candles(candles),
        RawOpenInterest(_seconds(interest, "at"), _floats(interest, "quantity")),
        _raw_marks(marks) if marks.num_rows else None,
    )
    left_out.update(+cleaned.counts)
    if cleaned.series is None:
        raise NotScorable(
            f"No candle of {about.exchange} {about.symbol} with open interest could be used: "
            f"{dict(+cleaned.counts)}."
        )
    return cleaned.series


def _raw_candles(table: pa.Table) -> RawCandles:
    told = {name: _floats(table, name) for name in ("open", "high", "low", "close", "volume")}
    unknown = np.full(table.num_rows, np.nan)
    return RawCandles(_seconds(table, "opened_at"), **told, taker_buy=unknown)


def _raw_marks(table: pa.Table) -> RawMarks:
    return RawMarks(_seconds(table, "opened_at"), _floats(table, "high"), _floats(table, "low"))


def _events(about: About, table: pa.Table, series: Series, left_out: Counter[str]) -> Events:
    """Return the forced liquidations of known quantity, priced where the mark triggered them."""
    rows = _own(about, table, left_out)
    side = np.where(np.array(rows["side"].to_pylist()) == "long", LONG, SHORT).astype(np.int8)
    at = rows["exchange_time"].to_numpy().astype("datetime64[ms]")
    events = Events(at, side, _floats(rows, "price"), _floats(rows, "quantity"))
    kind = np.array(rows["price_kind"].to_pylist())
    priced = triggered(events, series, kind == "bankruptcy", about.maintenance_rate)
    within: Floats = held(series, priced, priced.price)
    return replace(priced, price=np.where(np.isin(kind, ("order", "entry")), within, priced.price))


def _own(about: About, table: pa.Table, left_out: Counter[str]) -> pa.Table:
    until = pa.scalar(about.until, table["exchange_time"].type)
    is_own = pc.and_(
        pc.and_(
            pc.equal(table["exchange"], about.exchange), pc.equal(table["symbol"], about.symbol)
        ),
        pc.and_(
            pc.equal(table["liquidation_type"], COUNTED_TYPE),
            pc.less(table["exchange_time"], until),
        ),
    )
    told = table.filter(is_own)
    known = told.filter(pc.is_valid(told["quantity"]))
    left_out["events_without_quantity"] = told.num_rows - known.num_rows
    return known.sort_by([("exchange_time", "ascending"), ("event_id", "ascending")])


def _floats(table: pa.Table, name: str) -> Floats:
    return np.asarray(table[name].to_numpy(), dtype=np.float64)


def _seconds(table: pa.Table, name: str) -> Times:
    return np.asarray(table[name].to_numpy().astype("datetime64[s]"))


def _time(moment: datetime) -> np.datetime64:
    return np.datetime64(round(moment.timestamp() * 1000), "ms")
