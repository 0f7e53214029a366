"""A kernel fitted to what was really liquidated: which distances explain where and when.

The model is linear in the kernel, so it runs once with one leg per node, and expectation
maximisation for Poisson means (Richardson-Lucy) finds the masses of the nodes.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from heatmap.zones.grid import LONG, SHORT
from heatmap.zones.kernel import NODES, Kernel, hats, on_nodes
from heatmap.zones.levels import HELD, Levels, Spreads
from heatmap.zones.series import STEP_SECONDS, Events, Floats, Series
from heatmap.zones.turnover import OMEGA, memory_at, turnover

PRIOR = 0.01
"""Weight of the prior, in mean columns of the design."""
ITERATIONS = 300
LEAST_EVENTS = 30
_SMOOTH_EVERY, _SMOOTHING = 10, 0.05
_BACKGROUND = 0.01
"""Of the mean liquidated, expected even where no level was."""


def fit_kernel(
    series: Series,
    events: Events,
    day: np.datetime64,
    prior: Kernel,
    recorded: NDArray[np.bool_] | None = None,
    omega: float = OMEGA,
    swept: Floats | None = None,
) -> Kernel:
    """Return the kernel that best explains the liquidations before a day, for use from it on.

    `recorded` (T,) says during which candles the liquidations were recorded; the others explain
    nothing. `swept` is what `design` says of these candles, where it is known already, perhaps
    from a longer series. With fewer than LEAST_EVENTS events the prior comes back. Raise
    ValueError when a candle closes, or an event happened, at or after the day.
    """
    _refuse_the_future(series, events, day)
    known = np.ones(len(series.opened_at), dtype=bool) if recorded is None else recorded
    realised, count = _per_candle(series, events, known)
    if count < LEAST_EVENTS:
        return prior
    whole = design(series, omega) if swept is None else swept
    explained = whole[known].reshape(-1, NODES)
    masses = _maximise(explained, realised[known].ravel(), on_nodes(prior.weights.mean(axis=0)))
    weights = masses @ hats()
    both_sides = np.stack((weights, weights)) / max(1.0, float(weights.sum()))
    return Kernel(both_sides, "fitted", series.opened_at[0], day)


def _refuse_the_future(series: Series, events: Events, day: np.datetime64) -> None:
    step = np.timedelta64(STEP_SECONDS, "s")
    if len(series.opened_at) == 0 or series.opened_at[-1] + step > day:
        raise ValueError(f"A kernel for {day} needs candles, all closed by then.")
    if len(events.at) and events.at.max() >= day:
        raise ValueError(f"A kernel for {day} must not know of liquidations from then on.")


def _per_candle(series: Series, events: Events, known: NDArray[np.bool_]) -> tuple[Floats, int]:
    """Return what was liquidated in each candle, of each side (T, 2), and by how many events."""
    since = (events.at - series.opened_at[0]).astype("timedelta64[ms]").astype(np.int64)
    candles = since // (STEP_SECONDS * 1000)
    within = (candles >= 0) & (candles < len(known))
    within[within] = known[candles[within]]
    cells = candles[within] * 2 + events.side[within]
    totals: Floats = np.zeros(2 * len(known))
    np.add.at(totals, cells, events.quantity[within])
    return totals.reshape(-1, 2), int(within.sum())


def design(series: Series, omega: float = OMEGA) -> Floats:
    """Return what each candle sweeps of each side when all legs lie at one node.

    (T, 2, NODES), in the units of the series.
    """
    flow = turnover(series, memory_at(series), omega)
    levels = Levels(np.zeros((2, NODES, HELD), dtype=np.float32), int(flow.first_bin[0]))
    shapes = hats().astype(np.float32)
    spreads = Spreads(np.stack((shapes, shapes)))
    swept = np.empty((len(series.close), 2, NODES), dtype=np.float32)
    for at, candle in enumerate(flow.candles()):
        scale = levels.scale
        longs, shorts = levels.consume(candle.low, candle.high)
        swept[at, LONG], swept[at, SHORT] = longs * scale, shorts * scale
        levels.close(candle.closed)
        levels.move(candle.first_bin)
        levels.open(candle.opened, candle.entries, spreads)
    return swept.astype(np.float64)


def _maximise(swept: Floats, realised: Floats, prior: Floats) -> Floats:
    """Return the masses of the nodes under which the realised is the likeliest; (NODES,)."""
    columns = swept.sum(axis=0)
    if not columns.any():
        return prior
    weight = PRIOR * columns.mean()
    # Where nothing was liquidated only the sums of the columns count.
    busy = realised > 0
    swept, realised = swept[busy], realised[busy]
    background = _BACKGROUND * realised.sum() / len(busy)
    masses = np.full(NODES, 1 / NODES)
    for iteration in range(1, ITERATIONS + 1):
        ratio = realised / (swept @ masses + background)
        masses = (masses * (ratio @ swept) + weight * prior) / (columns + weight)
        if iteration % _SMOOTH_EVERY == 0:
            masses = _smooth(masses)
    return masses


def _smooth(masses: Floats) -> Floats:
    padded = np.concatenate((masses[:1], masses, masses[-1:]))
    return (1 - _SMOOTHING) * masses + _SMOOTHING * (padded[:-2] + padded[2:]) / 2
