"""A market of simulated agents, of which the true levels are known, made ready for scoring."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from exchanges.errors import NotScorable
from exchanges.simulator.agents.history import Candles, History, simulate
from exchanges.simulator.agents.kinds import KINDS
from heatmap.scorecards.model_run import model_run
from heatmap.scoring.protocol import score
from heatmap.scoring.report import Scorecard
from heatmap.scoring.terms import OLDEST_HOURS, Terms
from heatmap.zones.grid import BINS, WIDTH, first_bin_around
from heatmap.zones.kernel import Kernel, flat_kernel
from heatmap.zones.series import STEP_SECONDS, Columns, Events, Series, Times
from heatmap.zones.tiers import continuous

EXCHANGE = "simulated"
WARM_UP_DAYS = 30
"""Simulated before the scored days, so that levels stand, kernels are fitted, thresholds known."""
MOST_DAYS = 120
FREEZE = np.timedelta64(1, "h")


@dataclass(frozen=True)
class World:
    """A simulated market; `since` is where its warm-up ends."""

    series: Series
    events: Events
    truth: Columns
    """The true levels at each full hour, from the trailing days of `since` on."""
    prior: Kernel
    """Flat, by the tiers of the kind."""
    since: np.datetime64


def world(kind: str, seed: int, days: int, warm_up_days: int = WARM_UP_DAYS) -> World:
    """Return a market of so many days after the warm-up.

    Raises `NotScorable` for an unknown kind or a number of days that cannot be.
    """
    if kind not in KINDS:
        raise NotScorable(f"There is no market kind {kind!r}; there are {', '.join(KINDS)}.")
    if not 1 <= days <= MOST_DAYS:
        raise NotScorable(f"The simulator scores 1 to {MOST_DAYS} days, not {days}.")
    history = simulate(kind, seed, warm_up_days + days)
    series = _series(kind, history.candles)
    since = series.opened_at[0] + np.timedelta64(warm_up_days, "D")
    told = history.liquidations
    events = Events(told.at, told.side, told.price, told.quantity)
    return World(series, events, _truth(history, series, since), _prior(kind), since)


def scored(world: World, terms: Terms, *, with_flat: bool = True) -> Scorecard:
    """Return how the model, the flat one beside it, and the truth did."""
    models = {"ours": model_run(world.series, world.events, world.prior).columns}
    if with_flat:
        flat = model_run(world.series, world.events, world.prior, is_fitted=False)
        models["ours_flat"] = flat.columns
    models["oracle"] = world.truth
    return score(world.series, world.events, models, world.since, terms=terms, feed="complete")


def _series(kind: str, candles: Candles) -> Series:
    return Series(
        EXCHANGE,
        kind,
        candles.opened_at.astype("datetime64[s]"),
        candles.open,
        candles.high,
        candles.low,
        candles.close,
        candles.volume,
        candles.open_interest,
        candles.mark_high,
        candles.mark_low,
        candles.taker_buy,
        np.zeros(len(candles.open), dtype=np.bool_),
    )


def _prior(kind: str) -> Kernel:
    tiers = KINDS[kind].tiers
    return flat_kernel(continuous(zip(tiers.up_to, tiers.rate, tiers.leverage, strict=True)))


def _truth(history: History, series: Series, since: np.datetime64) -> Columns:
    closes = series.opened_at + np.timedelta64(STEP_SECONDS, "s")
    asked = since - np.timedelta64(Terms().trailing_days * 24 + OLDEST_HOURS, "h")
    is_full = (closes.astype(np.int64) % int(FREEZE.astype("timedelta64[s]").astype(int))) == 0
    frozen = np.flatnonzero(is_full & (closes >= asked))
    at: Times = closes[frozen]
    firsts = np.array([first_bin_around(price) for price in series.close[frozen].tolist()])
    levels = [
        history.histogram_at(time, WIDTH, first, BINS).astype(np.float32)
        for time, first in zip(at, firsts.tolist(), strict=True)
    ]
    return Columns(at, firsts.astype(np.int64), np.stack(levels))
