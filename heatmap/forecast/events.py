"""Liquidations out of the lake, as the model is fitted to them and scored by them."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from exchanges import store
from exchanges.lake import Place
from heatmap.forecast.contracts import Contract
from heatmap.scoring.events import held, triggered
from heatmap.zones.grid import LONG, SHORT
from heatmap.zones.series import Events, Series

# Deleveraging is not what price did to the position; a backstop takes over one that is counted.
_READ = """
SELECT exchange, epoch_ms(exchange_time) AS at, side, price, price_kind, quantity, value_usd
FROM liquidations
WHERE symbol = $symbol AND ($exchange IS NULL OR exchange = $exchange)
    AND liquidation_type = 'forced'
    AND exchange_time >= $since AND exchange_time < $until
    AND price > 0 AND quantity >= 0 AND isfinite(price) AND isfinite(quantity)
ORDER BY exchange_time, event_id
"""


def read_liquidations(
    lake: Place, symbol: str, since: datetime, until: datetime, exchange: str | None = None
) -> pa.Table:
    """Return what is stored of [since, until) of a symbol. Raises StoreUnavailable."""
    asked = {"symbol": symbol, "since": since, "until": until, "exchange": exchange}
    return store.table(lake, _READ, asked)


def events_of(rows: pa.Table, contract: Contract, series: Series, maintenance: float) -> Events:
    """Return the liquidations of a contract among rows, at the prices that the mark had then.

    Bankruptcy prices become those that triggered, with this maintenance rate; prices of entries
    and orders are held within the candle. Quantities are in the units of the series. Those that
    are not known are left out.
    """
    own = rows.filter(pc.equal(rows["exchange"], contract.exchange))
    kind, side = (np.asarray(own[name].to_numpy(), dtype=object) for name in ("price_kind", "side"))
    at = own["at"].to_numpy().astype("datetime64[ms]")
    price, amount = (
        np.asarray(own[name].to_numpy(), dtype=np.float64)
        for name in ("price", "value_usd" if contract.is_inverse else "quantity")
    )
    events = Events(at, np.where(side == "long", LONG, SHORT).astype(np.int8), price, amount)
    events = triggered(events, series, kind == "bankruptcy", maintenance)
    price = np.where(kind == "fill", events.price, held(series, events, events.price))
    known = np.isfinite(amount)
    return Events(events.at[known], events.side[known], price[known], amount[known])
