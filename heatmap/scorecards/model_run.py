"""The model over a market that is over, day by day, as it would have been told at the time.

Each UTC day is forecast with a kernel from before it: the prior at first, then one fitted daily to
the trailing days.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from heatmap.zones.engine import State, advance, start
from heatmap.zones.fitting import design, fit_kernel
from heatmap.zones.kernel import Kernel
from heatmap.zones.series import STEP_SECONDS, Columns, Events, Floats, Series
from heatmap.zones.turnover import OMEGA

FIT_DAYS = 30
"""Days before a day that its kernel is fitted to."""
BLIND_DAYS = 7
"""First days of a market, whose levels are too few to explain what is liquidated."""
FEWEST_DAYS = 3
"""Recorded days that a fit needs; with fewer the prior stays."""
CANDLES_A_DAY = 86_400 // STEP_SECONDS


@dataclass(frozen=True)
class ModelRun:
    """What the model said all along, and where it stands at the end."""

    columns: Columns
    """Frozen at each full hour."""
    kernels: list[tuple[np.datetime64, Kernel]]
    """The days, datetime64[D], and the kernel each was forecast with."""
    state: State


def model_run(
    series: Series,
    events: Events,
    prior: Kernel,
    *,
    is_fitted: bool = True,
    recorded: NDArray[np.bool_] | None = None,
    omega: float = OMEGA,
) -> ModelRun:
    """Return the walk-forward run over a series of T candles.

    `recorded` (T,) says during which candles liquidations were recorded; None: during all. Without
    `is_fitted` the prior forecasts every day.
    """
    known = np.ones(len(series.opened_at), dtype=bool) if recorded is None else recorded.copy()
    known[: BLIND_DAYS * CANDLES_A_DAY] = False
    # What a candle sweeps of each node rests on earlier candles alone.
    swept = design(series, omega) if is_fitted else None
    state, kernels, frozen = start(series), [], []
    for day, first, end in _days(series):
        kernel = prior if swept is None else _kernel(series, events, day, prior, known, swept)
        frozen.append(advance(state, part(series, first, end), kernel, omega).columns)
        kernels.append((day, kernel))
    return ModelRun(_joined(frozen), kernels, state)


def part(series: Series, first: int, end: int) -> Series:
    """Return the candles from one to before another."""
    arrays = {f.name: getattr(series, f.name)[first:end] for f in fields(Series)[2:]}
    return Series(series.exchange, series.symbol, **arrays)


def before(events: Events, time: np.datetime64) -> Events:
    """Return the events before a time."""
    count = int(np.searchsorted(events.at, time))
    return Events(*(getattr(events, f.name)[:count] for f in fields(Events)))


def _kernel(
    series: Series,
    events: Events,
    day: np.datetime64,
    prior: Kernel,
    known: NDArray[np.bool_],
    swept: Floats,
) -> Kernel:
    """Return the kernel fitted to the trailing days, or the prior where they tell too little."""
    end = int(np.searchsorted(series.opened_at, day))
    first = max(end - FIT_DAYS * CANDLES_A_DAY, 0)
    if known[first:end].sum() < FEWEST_DAYS * CANDLES_A_DAY:
        return prior
    trailing = part(series, first, end)
    past = before(events, day)
    return fit_kernel(trailing, past, day, prior, known[first:end], swept=swept[first:end])


def _days(series: Series) -> list[tuple[np.datetime64, int, int]]:
    """Return each UTC day with its first candle and the one after its last."""
    days, firsts = np.unique(series.opened_at.astype("datetime64[D]"), return_index=True)
    ends = [*firsts[1:].tolist(), len(series.opened_at)]
    return list(zip(days, firsts.tolist(), ends, strict=True))


def _joined(frozen: list[Columns]) -> Columns:
    return Columns(*(np.concatenate([getattr(c, f.name) for c in frozen]) for f in fields(Columns)))
