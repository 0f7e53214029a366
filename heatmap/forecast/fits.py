"""The kernel of a day: fitted to what was liquidated before it, where that was recorded."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np

from exchanges.lake import Place
from heatmap.forecast.contracts import Contract
from heatmap.forecast.events import events_of, read_liquidations
from heatmap.forecast.recorded import holes_of, recorded
from heatmap.forecast.rows import Rows, raw_candles, raw_interest, raw_marks, read_rows
from heatmap.forecast.tiers import flat, tier_table
from heatmap.forecast.times import moment
from heatmap.zones.clean import clean
from heatmap.zones.fitting import fit_kernel
from heatmap.zones.kernel import Kernel
from heatmap.zones.series import STEP_SECONDS, Series

FITTED_OVER = timedelta(days=30)


def kernel_for(lake: Place, contract: Contract, day: np.datetime64, now: datetime) -> Kernel:
    """Return the kernel of a day, of what is stored of the month before it.

    It is the flat one where too few liquidations were recorded. Raises StoreUnavailable and
    DatabaseError.
    """
    midnight = moment(day)
    since = midnight - FITTED_OVER
    of = {"exchange": contract.exchange, "symbol": contract.symbol}
    rows = read_rows(lake, since, midnight, **of).get(contract.pair)
    series = None if rows is None else series_of(rows, contract)
    price = 1.0 if series is None else float(series.close[-1])
    tiers = tier_table(lake, contract, price, midnight)
    prior = flat(tiers, contract)
    if series is None:
        return prior
    found = read_liquidations(lake, contract.symbol, since, midnight, contract.exchange)
    events = events_of(found, contract, series, tiers.tiers[0].maintenance_rate)
    holes = holes_of([contract.exchange], since, midnight, now)[contract.exchange]
    known = recorded(holes, series.opened_at, STEP_SECONDS)
    return fit_kernel(series, events, day.astype("datetime64[s]"), prior, known)


def series_of(rows: Rows, contract: Contract) -> Series | None:
    """Return the series of rows by themselves; None when there is none."""
    return clean(
        *contract.pair,
        raw_candles(rows, contract),
        raw_interest(rows, contract),
        raw_marks(rows, contract),
        contract.contract_size,
    ).series
