"""All models: taken up where they stood, stepped, fitted, and kept between runs."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa

from exchanges.lake import Place
from heatmap.forecast import columns, files, kernels
from heatmap.forecast.columns import Column, newest_frozen
from heatmap.forecast.contracts import Contract, Pair
from heatmap.forecast.fits import kernel_for
from heatmap.forecast.kernels import Used, read_kernels, used
from heatmap.forecast.model import Model
from heatmap.forecast.readiness import usable_until
from heatmap.forecast.rows import Rows, read_rows
from heatmap.forecast.tiers import flat, tier_table
from heatmap.forecast.times import floor, moment

log = logging.getLogger(__name__)

REPLAYED = timedelta(days=30)
"""So far back a model begins that was not kept."""
FRESH = timedelta(hours=1)
"""So much is read of all contracts at once; who stands further back is read alone."""


@dataclass
class Unwritten:
    """What the models made and the lake does not have yet."""

    kernels: list[tuple[Pair, Used]] = field(default_factory=list)
    columns: list[Column] = field(default_factory=list)
    froze: set[Pair] = field(default_factory=set)
    """Whose state is to be kept once that is written."""


class Roster:
    """The models by contract. Use it from one thread at a time."""

    def __init__(self, lake: Place, folder: Path) -> None:
        """`folder` is where models are kept between runs. Raises StoreUnavailable."""
        self._lake = lake
        self._folder = folder
        self._kernels = read_kernels(lake)
        self._frozen = newest_frozen(lake)
        self._models: dict[Pair, Model] = {}
        self.unwritten = Unwritten()

    def fresh(self, now: datetime) -> dict[Pair, Rows]:
        """Return what is stored of the last hour. Raises StoreUnavailable."""
        return read_rows(self._lake, floor(now) - FRESH, now)

    def closed_at(self, pair: Pair) -> np.datetime64 | None:
        """Return the close of the last candle that a model used; None before the first."""
        model = self._models.get(pair)
        return None if model is None else model.closed_at

    def step(
        self, contract: Contract, fresh: Rows, now: datetime, *, is_complete: bool
    ) -> Iterator[np.datetime64]:
        """Take a model over all candles that may be used, piece by piece; yield each one's end.

        `is_complete`: the exchange has told all of the past that it tells; no model begins
        before that. Raises StoreUnavailable.
        """
        model = self._model(contract, now)
        if model.closed_at is None and not is_complete:
            return
        rows = self._rows(model, fresh, now)
        closed_at = rows.candles.at[0] if model.closed_at is None else model.closed_at
        rows = rows.since(closed_at)
        until = usable_until(rows, contract, closed_at, now, is_complete=is_complete)
        rows = rows.until(until)
        if not len(rows.candles.at):
            return
        for froze in model.take(rows, self._first_kernel):
            self._note(contract.pair, froze)
            yield model.closed_at or closed_at

    def tables(self, now: datetime) -> dict[str, pa.Table]:
        """Return what is unwritten: kernels before what was made with them."""
        made, froze = self.unwritten.kernels, self.unwritten.columns
        found = {}
        if made:
            found["kernels"] = kernels.table_of(made)
        if froze:
            found["zone_columns"] = columns.table_of(froze, now)
        return found

    def keep(self) -> None:
        """Keep the models whose columns were written. Raises OSError."""
        for pair in self.unwritten.froze:
            model = self._models.get(pair)
            if model is not None and model.standing is not None:
                files.save(self._folder, pair, model.standing)
        self.unwritten = Unwritten()

    def drop(self, pair: Pair) -> None:
        """Forget a model; it is taken up from where it was kept."""
        self._models.pop(pair, None)
        left = self.unwritten
        left.kernels = [one for one in left.kernels if one[0] != pair]
        left.columns = [one for one in left.columns if (one.exchange, one.symbol) != pair]
        left.froze.discard(pair)
        self._kernels, self._frozen = read_kernels(self._lake), newest_frozen(self._lake)

    def unfitted(self, day: np.datetime64) -> list[Contract]:
        """Return the contracts that have reached a day and whose kernel was not chosen for it."""
        return [
            model.contract
            for model in self._models.values()
            if model.standing is not None
            and model.standing.state.closed_at >= day
            and model.standing.fitted_for != day
        ]

    def fit(self, contract: Contract, day: np.datetime64, now: datetime) -> None:
        """Choose a contract's kernel for a day, used from its next candle on.

        Raises StoreUnavailable and DatabaseError.
        """
        model = self._models[contract.pair]
        if model.standing is None:
            return
        one = used(kernel_for(self._lake, contract, day, now), model.standing.state.closed_at)
        model.standing.fitted_for = day
        before = kernels.at(model.used, one.used_from)
        if before is None or before.name != one.name:
            model.used.append(one)
            self.unwritten.kernels.append((contract.pair, one))

    def _model(self, contract: Contract, now: datetime) -> Model:
        if (model := self._models.get(contract.pair)) is None:
            standing = files.load(self._folder, contract.pair)
            if standing is not None and moment(standing.state.closed_at) < now - REPLAYED:
                standing = None
            own = self._kernels.get(contract.pair, [])
            model = self._models[contract.pair] = Model(contract, own, standing)
        return model

    def _rows(self, model: Model, fresh: Rows, now: datetime) -> Rows:
        begin = floor(now) - FRESH
        if model.closed_at is not None and moment(model.closed_at) >= begin:
            return fresh
        since = floor(now) - REPLAYED if model.closed_at is None else moment(model.closed_at)
        exchange, symbol = model.contract.pair
        found = read_rows(self._lake, since, now, exchange=exchange, symbol=symbol)
        return found.get(model.contract.pair, fresh)

    def _note(self, pair: Pair, froze: list[Column]) -> None:
        """Note what is to be written; what is in the lake is never written again."""
        until = self._frozen.get(pair)
        later = [one for one in froze if until is None or one.frozen_at > until]
        if later:
            self._frozen[pair] = later[-1].frozen_at
        self.unwritten.columns += later
        if froze:
            self.unwritten.froze.add(pair)

    def _first_kernel(self, contract: Contract, price: float, used_from: np.datetime64) -> Used:
        tiers = tier_table(self._lake, contract, price, moment(used_from))
        one = used(flat(tiers, contract), used_from)
        self.unwritten.kernels.append((contract.pair, one))
        return one
