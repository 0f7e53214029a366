"""The model of one contract: it takes rows of the lake and gives the columns that froze."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields

import numpy as np

from heatmap.forecast import kernels
from heatmap.forecast.columns import Column, in_base_units, rounded
from heatmap.forecast.contracts import Contract
from heatmap.forecast.kernels import Used
from heatmap.forecast.rows import Rows, raw_candles, raw_interest, raw_marks
from heatmap.forecast.times import STEP64
from heatmap.zones.clean import Cleaned, clean
from heatmap.zones.engine import Advance, State, advance, start
from heatmap.zones.series import Series

log = logging.getLogger(__name__)

FREEZE_SECONDS = 1800
# A mended candle or a held open interest is no news; the rest tells of something wrong.
_USUAL = frozenset({"candle_already_used", "candle_bridged", "open_interest_held"})

MakeKernel = Callable[[Contract, float, np.datetime64], Used]


@dataclass
class Standing:
    """Where a model stands; what a restart needs."""

    state: State
    last: Series
    """The last candle."""
    fitted_for: np.datetime64
    """datetime64[D]: the day for which a kernel was last chosen."""


class Model:
    """Levels of one contract. Use it from one thread at a time."""

    def __init__(
        self, contract: Contract, used: Sequence[Used], standing: Standing | None = None
    ) -> None:
        """`used` are the kernels of the contract in the order of their use."""
        self.contract = contract
        self.used = list(used)
        self.standing = standing
        self.counts: Counter[str] = Counter()
        """What was refused, bridged or filled in, by reason."""

    @property
    def closed_at(self) -> np.datetime64 | None:
        """The close of the last candle; None before the first."""
        return None if self.standing is None else self.standing.state.closed_at

    def take(self, rows: Rows, make_kernel: MakeKernel) -> Iterator[list[Column]]:
        """Go over the candles that follow, piece by piece; yield the columns that each froze.

        `make_kernel` is asked for one when the contract has none for its first candle.
        """
        cleaned = self._clean(rows)
        if cleaned.series is None:
            return
        series, standing = cleaned.series, self.standing
        if standing is None or cleaned.starts_anew:
            none = np.datetime64("NaT", "D")
            standing = Standing(start(series), series, none)
        first = series.opened_at[0]
        if kernels.at(self.used, first) is None:
            self.used.insert(0, make_kernel(self.contract, float(series.close[0]), first))
        for piece, kernel in self._pieces(series):
            done = advance(standing.state, piece, kernel.kernel, freeze_seconds=FREEZE_SECONDS)
            standing.last = part(piece, -1, None)
            self.standing = standing
            yield self._columns(piece, done, kernel.name)

    def _clean(self, rows: Rows) -> Cleaned:
        cleaned = clean(
            *self.contract.pair,
            raw_candles(rows, self.contract),
            raw_interest(rows, self.contract),
            raw_marks(rows, self.contract),
            self.contract.contract_size,
            None if self.standing is None else self.standing.last,
        )
        found = {reason: n for reason, n in cleaned.counts.items() if n}
        if strange := {reason: n for reason, n in found.items() if reason not in _USUAL}:
            told = ", ".join(f"{reason} {n}" for reason, n in strange.items())
            log.warning("%s %s: %s", *self.contract.pair, told)
        self.counts.update(found)
        return cleaned

    def _pieces(self, series: Series) -> Iterator[tuple[Series, Used]]:
        """Yield the series cut where days begin and where another kernel is used."""
        days = series.opened_at.astype("datetime64[D]")
        used = [one.used_from for one in self.used]
        kernel = np.searchsorted(np.array(used), series.opened_at, side="right") - 1
        cuts = np.flatnonzero((days[1:] != days[:-1]) | (kernel[1:] != kernel[:-1])) + 1
        edges = [0, *cuts.tolist(), len(days)]
        for first, end in zip(edges[:-1], edges[1:], strict=True):
            yield part(series, first, end), self.used[kernel[first]]

    def _columns(self, series: Series, done: Advance, kernel: str) -> list[Column]:
        contract, frozen = self.contract, done.columns
        candle = ((frozen.at - series.opened_at[0]) // STEP64).astype(np.int64) - 1
        return [
            Column(
                *contract.pair,
                frozen.at[n],
                first_bin := int(frozen.first_bin[n]),
                rounded(
                    in_base_units(frozen.quantity[n], first_bin)
                    if contract.is_inverse
                    else frozen.quantity[n]
                ),
                float(series.close[candle[n]]),
                float(done.steps.turnover.coverage[candle[n]]),
                kernel,
            )
            for n in range(len(frozen.at))
        ]


def part(series: Series, first: int, end: int | None) -> Series:
    """Return the candles from one to before another."""
    arrays = {one.name: getattr(series, one.name)[first:end] for one in fields(Series)[2:]}
    return Series(series.exchange, series.symbol, **arrays)
