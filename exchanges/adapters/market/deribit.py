"""Deribit's market data: chart data of trades, and open interest now of all futures.

`get_tradingview_chart_data` tells columns, volumes in base units, of both ends of a range and
what lies between. `get_mark_price_history` has options only: of futures it is
empty. Book summaries tell what is open: in USD of inverse futures, in base units of linear ones.
There is no past open interest, and margins follow a formula instead of tiers. A request costs 500
of 50,000 credits, of which 10,000 a second come back.

Sources: https://docs.deribit.com/api-reference/market-data/public-get_tradingview_chart_data
https://docs.deribit.com/api-reference/market-data/public-get_mark_price_history
https://docs.deribit.com/api-reference/market-data/public-get_book_summary_by_currency
https://docs.deribit.com/articles/rate-limits
"""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import quote

import msgspec

from exchanges.adapters.market.base import MarketData, Reading, Source, Told, pages
from exchanges.adapters.market.rows import Row
from exchanges.adapters.parts.wire import Request, extract
from exchanges.errors import MalformedFrame
from exchanges.events import Candle
from exchanges.instruments import Instrument, Instruments

CANDLES = 1000
_REST = "https://www.deribit.com/api/v2/public"


class Chart(msgspec.Struct):
    """Candles as columns of one length; `status` is ok, or no_data and empty."""

    status: str
    ticks: list[int] = []
    open: list[float] = []
    high: list[float] = []
    low: list[float] = []
    close: list[float] = []
    volume: list[float] = []


class Summary(msgspec.Struct):
    """Open interest of one contract now."""

    instrument_name: str
    open_interest: float = 0.0
    mark_price: float | None = None


class DeribitMarket(MarketData):
    """Futures and perpetuals."""

    exchange = "deribit"
    weight_per_minute = 120.0
    candle_source = Source(
        "get_tradingview_chart_data: 1000 a request, 20 requests a second",
        piece=timedelta(days=10),
    )
    reading_source = Source(
        "get_book_summary_by_currency, a request a currency, one side, in USD (inverse) or base "
        "units; no past"
    )

    def candles(self, instrument: Instrument, since: datetime, until: datetime) -> Told[Candle]:
        """Without trades a candle stays where the one before closed, with a volume of zero."""
        name = quote(instrument.instrument_id)
        url = f"{_REST}/get_tradingview_chart_data?instrument_name={name}&resolution=5"
        for first, end in pages(since, until, CANDLES):
            body = yield Request(f"{url}&start_timestamp={first}&end_timestamp={end - 1}")
            yield self._candles(instrument, extract(body, "result", Chart))

    def readings(self, instruments: Instruments) -> Told[Reading]:
        """A request for each currency that futures are settled in."""
        names = (name for name in instruments if not name.endswith(("-C", "-P")))
        currencies = (name.partition("-")[0].rpartition("_")[2] for name in names)
        for currency in dict.fromkeys(currencies):
            url = f"{_REST}/get_book_summary_by_currency?currency={quote(currency)}&kind=future"
            rows = extract((yield Request(url)), "result", list[Summary])
            known = ((instruments.get(row.instrument_name), row) for row in rows)
            told = [
                self.reading(one, r.open_interest, r.mark_price or 0.0) for one, r in known if one
            ]
            yield list(filter(None, told))

    def _candles(self, instrument: Instrument, chart: Chart) -> list[Candle]:
        """Return what the columns tell. Raises MalformedFrame for some of different lengths."""
        columns = (chart.ticks, chart.open, chart.high, chart.low, chart.close)
        if len({len(column) for column in (*columns, chart.volume)}) != 1:
            raise MalformedFrame("the columns of the chart are not of one length")
        rows = (Row(*values) for values in zip(*columns, strict=True))
        volumes = zip(rows, chart.volume, strict=True)
        return [row.candle(self.exchange, instrument.symbol, volume) for row, volume in volumes]
